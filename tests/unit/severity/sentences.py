"""Sentences of our own, judged by hand with the labelling guide: text, category, level.

They are none of the labelled files' lines. A cause stands where the text names one.
"""

from typing import NamedTuple


class Sentence(NamedTuple):
    """A text and what the guide makes of it; ``cause`` None where it is not the point."""

    text: str
    category: str
    level: int = 1
    cause: str | None = None


SENTENCES: tuple[Sentence, ...] = (
    # ---- delay
    Sentence("我的快递已经一周没动静了,什么时候能到?", "delay"),
    Sentence("显示在武汉分拨中心停留五天,麻烦催一下", "delay"),
    Sentence("東西一直卡在轉運中心,已經延誤三天", "delay"),
    Sentence("没有破损,也没有少件,就是晚了四天", "delay"),
    Sentence("荔枝晚到了两天,好在还新鲜,能吃", "delay"),
    Sentence("因为台风停航我能理解,但晚了六天总该有个说法", "delay", 1, "force_majeure"),
    Sentence("一台两千六的打印机迟到了三天", "delay", 2),
    Sentence("孩子的准考证寄了四天还没到,后天就考试了", "delay", 2),
    Sentence("降压药等了五天还没送到,老人断药了", "delay", 2),
    Sentence("分拣错了,发到内蒙去又折返回来", "delay", 1, "system"),
    Sentence("是我自己把地址写错了,请问现在到哪了,晚了三天", "delay", 1, "customer"),
    Sentence("太慢了!!!!!再也不用你们了,换顺丰!!!", "delay"),
    Sentence("本店同一批发出的42票订单全部滞留分拨中心", "delay", 3),
    Sentence("My parcel has been stuck in Chengdu for nine days.", "delay"),
    Sentence("It is not damaged, only late.", "delay"),
    Sentence("STILL WAITING!!! WHERE IS MY PACKAGE???", "delay"),
    Sentence("The insulin was due on Monday and has not arrived.", "delay", 2),
    # ---- loss
    Sentence("我的包裹丢了,里面是一件八百块的外套", "loss", 2),
    Sentence("快件在转运途中遗失,货值两万三千元", "loss", 3, "accident"),
    Sentence("箱子里少了两盒面膜,一共160元", "loss", 1),
    Sentence("打开是个空盒子,手机不见了,价格6299元", "loss", 3),
    Sentence("貨件遺失,價值港幣三千元,要求賠償", "loss", 2),
    Sentence("你们快递员把里面的手表偷走了,价值一万二", "loss", 3, "staff"),
    Sentence("丢失的设备价值人民币拾伍万元整", "loss", 4),
    Sentence("The box was empty when it arrived; the lens cost USD 900.", "loss", 3),
    Sentence("Two of the five books are missing, about 60 yuan.", "loss", 1),
    Sentence("My parcel has disappeared. It is worth 650 yuan.", "loss", 2),
    # ---- damage
    Sentence("花瓶碎了,买的时候花了三百二", "damage", 1, "accident"),
    Sentence("电视屏幕压裂了,三千多买的", "damage", 2),
    Sentence("寄的车厘子全烂了,因为晚到两天", "damage", 2),
    Sentence("活蟹到的时候死了一大半", "damage", 2),
    Sentence("纸箱破了,里面东西没坏", "damage", 1),
    Sentence("分拣员野蛮装卸,把我的音箱摔成两半,值一千八", "damage", 2, "staff"),
    Sentence("是我自己包装得不好,杯子碎了,三十块", "damage", 1, "customer"),
    Sentence("The guitar's neck is snapped; it cost 4,000 yuan.", "damage", 2),
    Sentence("Package arrived soaked, the books are ruined (about 200 RMB).", "damage", 1),
    Sentence("The cheese went mouldy because you took eight days.", "damage", 2),
    # ---- delivery
    Sentence("不打电话就把快递扔在驿站", "delivery"),
    Sentence("我根本没收到货,系统显示本人已签收", "delivery", 2),
    Sentence("快递员不肯送上楼,让我自己下楼拿", "delivery", 1, "staff"),
    Sentence("未经同意放进丰巢快递柜", "delivery"),
    Sentence("驿站把我的包裹给别人拿走了", "delivery", 1, "contractor"),
    Sentence("送错了,送到隔壁小区去了", "delivery"),
    Sentence("收件人是我,签收人写的是物业,可物业说没收过", "delivery", 2),
    Sentence("包裹未投遞到府,直接放在管理室", "delivery"),
    Sentence("Left in the rain on the porch without ringing the bell.", "delivery", 1, "staff"),
    Sentence("It says delivered but I never received anything.", "delivery", 2),
    Sentence("Someone else signed for my letter and I don't know who.", "delivery", 2),
    Sentence("Delivered to the wrong building again.", "delivery"),
    # ---- pickup
    Sentence("约了上门取件,两天了没人来", "pickup"),
    Sentence("网点拒收我的包裹,说今天不收件", "pickup"),
    Sentence("取件员把面单贴错了", "pickup"),
    Sentence("Nobody came to collect my return although I booked a pickup.", "pickup"),
    Sentence("The counter refused to accept my parcel without any reason.", "pickup"),
    # ---- attitude
    Sentence("快递员态度恶劣,对我大吼大叫", "attitude", 1, "staff"),
    Sentence("客服直接挂我电话,还说我有病", "attitude", 1, "staff"),
    Sentence("驿站老板娘骂我没素质", "attitude", 1, "contractor"),
    Sentence("派件员威胁要打我,说知道我家住哪", "attitude", 3, "staff"),
    Sentence("送貨員講粗口鬧我", "attitude"),
    Sentence("The driver swore at me and slammed the door.", "attitude"),
    Sentence("Your courier threatened to beat me up.", "attitude", 3),
    # ---- fee
    Sentence("上楼费二十块,没有任何依据", "fee", 2),
    Sentence("运费算错了,重量写成三公斤,多收六元", "fee", 1),
    Sentence("退款等了半个月还没到账,一共18元", "fee", 1),
    Sentence("代收货款9000元拖了一个月没打给我", "fee", 3),
    Sentence("派件员私自收我十元,不给票据", "fee", 2, "staff"),
    Sentence("You charged me twice for the same label, 12 yuan.", "fee", 1),
    Sentence("The driver demanded 50 yuan in cash and gave no receipt.", "fee", 2, "staff"),
    # ---- information
    Sentence("客服电话永远打不通", "information"),
    Sentence("说好回电,一直没人联系我,件早就收到了", "information", 1),
    Sentence("快件我上周就收到了,物流轨迹还停在北京没更新", "information"),
    Sentence("单号在官网查不到任何信息", "information"),
    Sentence("Your hotline keeps me on hold for an hour and then hangs up.", "information"),
    Sentence("Nobody has replied to my emails about the invoice.", "information"),
    # ---- privacy
    Sentence("快递员把我的电话和住址发到微信群里", "privacy", 3, "staff"),
    Sentence("几百个客户的面单信息被你们泄露到网上", "privacy", 4),
    Sentence("派件员加我微信,发骚扰短信", "privacy", 1),
    Sentence("My phone number and address were posted online by your courier.", "privacy", 3),
    # ---- safety
    Sentence("快递三轮车撞到我妈,腿骨折住院了", "safety", 4),
    Sentence("包裹里的电池起火,寄件人没申报", "safety", 4, "customer"),
    Sentence("送货车剐蹭了我的车,修车要八百元,没有人受伤", "safety", 2),
    Sentence("液体泄漏,味道刺鼻,怀疑是危险化学品", "safety", 4),
    Sentence("The parcel caught fire in our hallway.", "safety", 4),
    Sentence("Your van nearly hit my child, nobody was hurt.", "safety", 1),
    # ---- other
    Sentence("你好,请问寄大闸蟹到上海要多少钱?", "other"),
    Sentence("撤销投诉,包裹找到了,不好意思", "other"),
    Sentence("表扬一下送件的小哥,服务非常好", "other"),
    Sentence("I would like to thank your courier for his help.", "other"),
    Sentence("What are your opening hours on Sunday?", "other"),
    # ---- whatever the category: threats, press, earlier contacts
    Sentence("再不送到我就向12305申诉", "delay", 3),
    Sentence("快递丢了不赔就法院见", "loss", 3),
    Sentence("一直不送,我要找记者曝光你们", "delay", 3),
    Sentence("摔快递的视频上热搜了,里面摔坏的就是我的", "damage", 4),
    Sentence("这是我第三次投诉了,快递还是没到", "delay", 3),
    Sentence("昨天已经投诉过,快递到现在还没送", "delay", 2),
    Sentence("I have called you three times already and my parcel is still stuck.", "delay", 3),
    Sentence("This is my second complaint: the parcel still has not arrived.", "delay", 2),
    Sentence("If it does not arrive tomorrow I will report you to the regulator.", "delay", 3),
)
