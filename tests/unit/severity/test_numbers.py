"""Numerals, sums at stake, earlier contacts and customers hit."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.severity.naming import IS_HOTLINE, IS_TIME, NAMES
from services.severity.numerals import chinese, numerals
from services.severity.policy import SeverityPolicy, load_policy
from services.severity.reading import Reader

READER = Reader(load_policy())


@pytest.fixture(scope="module")
def reader(policy: SeverityPolicy) -> Reader:
    return READER


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("八百", 800),
        ("两千三", 2300),
        ("两千零三", 2003),
        ("一万二", 12_000),
        ("三万零五十", 30_050),
        ("十五", 15),
        ("二十", 20),
        ("几百", 300),
        ("十几万", 130_000),
        ("几十万", 300_000),
        ("壹拾捌万陆仟", 186_000),
        ("二〇二六", 2026),
        ("七八", 7),
        ("一亿", 100_000_000),
    ],
)
def test_chinese_numerals_are_read(text: str, value: float) -> None:
    assert chinese(text) == value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("5,499 or 5499.5", [5499, 5499.5]),
        ("2w 1.2万 3千5 5k", [20_000, 12_000, 3500, 5000]),
        ("3千五百 2百多", [3500, 200]),
        ("twelve hundred", [1200]),
        ("two thousand five hundred", [2500]),
        ("a couple of hundred", [200]),
        ("13800138000123456", []),
        ("1.5 lakh 1 crore", [150_000, 10_000_000]),
        ("", []),
    ],
)
def test_numbers_are_found_however_they_are_written(text: str, values: list[float]) -> None:
    assert [number.value for number in numerals(text)] == values


@pytest.mark.parametrize(
    ("text", "cny"),
    [
        ("价值3000元", 3000),
        ("货值人民币拾捌万陆仟元", 186_000),
        ("两千三买的", 2300),
        ("八千的相机", 8000),
        ("三千块出头", 3000),
        ("修要三千出头", 3000),
        ("估价三万二", 32_000),
        ("保价6800,怕丢", 6800),
        ("屏坏了,1499。", 1499),
        ("损失2w", 20_000),
        ("¥1,299.00", 1299),
        ("ＲＭＢ５００", 500),
        ("USD 2,100", 2100 * 7.2),
        ("it cost 45 euros", 45 * 7.8),
        ("£40 mug", 40 * 9.1),
        ("港幣三千元", 3000 * 0.92),
        ("200蚊", 200 * 0.92),
        ("台幣 9,800 元", 9800 * 0.22),
        ("十万日元", 100_000 * 0.048),
        ("insured for 800", 800),
        ("先付了三百块,后来又付五百块", 500),
        ("样品钻头八支,每支八百八十元", 7040),
        ("十八瓶红酒全碎,一瓶四百五十元", 8100),
        ("6个镜头,1,400 yuan each", 8400),
        ("里面是一件八百块的外套", 800),
        ("两件衣服和一双六百块的鞋", 600),
        ("a machine of 7.300 euro", 7300 * 7.8),
        ("bill rs 1.35 lakh", 135_000 * 0.085),
        ("diamond earrings (19,000). gone", 19_000),
        ("投影仪(5,399)没见着", 5399),
        ("a 3D scanner, 31,000, stands in your depot", 31_000),
        ("two laptops, 4,300 apiece", 8600),
        ("machine part (RM 14,000)", 14_000 * 1.6),
    ],
)
def test_a_sum_at_stake_is_read_in_yuan(reader: Reader, text: str, cny: float) -> None:
    assert reader.read(text, None, 0, None).amount_cny == pytest.approx(cny)


@pytest.mark.parametrize(
    ("text", "cny"),
    [
        ("损失不到五百", 499),
        ("損失不足五百元", 499),
        ("价值接近五千", 4999),
        ("三千块不到", 2999),
        ("五百元以下的杯子", 499),
        ("半万块", 5000),
        ("半万块不到,四千五", 4500),
        ("差一点十万,九万九", 99_000),
        ("五千不到,准确说四千八", 4800),
        ("it cost less than 5000 yuan, 4800 to be exact", 4800),
        ("under 500 yuan", 499),
        ("worth almost $700", 699 * 7.2),
        ("不到五千。运费四百元", 4999),
        ("收不到500元退款", 500),
        ("价值5000元,三天都不到货", 5000),
    ],
)
def test_a_limit_counts_as_just_below_or_as_the_exact_sum_after_it(
    reader: Reader, text: str, cny: float
) -> None:
    assert reader.read(text, None, 0, None).amount_cny == pytest.approx(cny)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("138 1234 5678", [NAMES]),
        ("还没到,0755-83256789转806", [NAMES]),
        ("call +8613812345678", [NAMES]),
        ("(212) 555-0187", [NAMES]),
        ("打95338没人接", [IS_HOTLINE]),
        ("花了95338元", [95_338]),
        ("单号SF1388002277661", [NAMES]),
        ("单号 773 2201 5588 901", [NAMES]),
        ("order #112-4458210-3388210", [NAMES]),
        ("it is 1Z999AA10123456784", [NAMES]),
        ("还没到 61234567", [NAMES]),
        ("价值 1200000", [1_200_000]),
        ("USD1200000", [1_200_000]),
        ("3000-5000元", [3000, 5000]),
        ("10000-20000 yuan", [10_000, 20_000]),
        ("尾号4321,会员号66021", [NAMES, NAMES]),
        ("order 500 yuan", [500]),
        ("送到8号楼2单元1502", [NAMES]),
        ("1号楼200户", [200, NAMES]),
        ("张江路123弄45号602室", [NAMES]),
        ("3弄坏了", [3]),
        ("Flat 12, 340 Kingsland Road, London E8 4DA", [NAMES, NAMES, NAMES]),
        ("500 people on our street", [500]),
        ("2026-03-03", [IS_TIME]),
        ("11月3日下午3点15分", [IS_TIME, IS_TIME]),
        ("Nov 3, 14:30", [IS_TIME, IS_TIME]),
        ("Nov 12 customers", [12]),
        ("from 1 to 9 Nov. 93 of our orders", [1, 93, IS_TIME]),
    ],
)
def test_a_number_that_only_names_is_one_and_worth_nothing(
    reader: Reader, text: str, values: list[float]
) -> None:
    reading = reader.read(text, None, 0, None)
    assert [number.value for number in reading.numbers] == values


@pytest.mark.parametrize(
    "text",
    [
        "电话13800138000",
        "还没到,电话138 1234 5678",
        "还没到,95338,谢谢",
        "Still not here. 020 7946 0958.",
        "单号SF1302847561029",
        "尾号3344的快递",
        "2026年3月1日下单,3天没到",
        "晚上8点30分送来",
        "重12公斤,体积0.5立方",
        "三楼302室",
        "打了3次电话",
        "两块砖头",
        "买了5件衣服",
        "你们注册资本500万元",
        "我一年运费20万元",
        "千万别丢",
        "postcode 100080, flat 12, 3 parcels",
        "it took 14 days",
        "a jigsaw with 2,000 pieces",
    ],
)
def test_what_is_no_sum_at_stake_is_left_alone(reader: Reader, text: str) -> None:
    assert reader.read(text, None, 0, None).amount_cny is None


@pytest.mark.parametrize(
    ("text", "earlier"),
    [
        ("第三次投诉了", 2),
        ("客户二次来电", 1),
        ("我打过两次电话投诉", 2),
        ("之前已经投诉过,没人管", 1),
        ("多次投诉无果", 2),
        ("前两次工单关了又开", 2),
        ("再次来电催促", 1),
        ("This is my third complaint", 2),
        ("I have called you four times", 4),
        ("as I said in my last email", 1),
        ("my 3rd message about this", 2),
        ("I wrote on 12 January and again on 30 January", 2),
        ("this is our third notice", 2),
        ("the second delivery attempt by the courier", 0),
        ("客服答应今天回电话,没等到", 1),
        ("件早就收到了,只是说好回电没回电", 0),
        ("快递员给我打了三次电话", 0),
        ("打了8次客服电话都打不通", 0),
        ("他们第二次派送还是没打电话", 0),
        ("第三次派送还是没人", 0),
        ("third time left out in the rain", 0),
        ("this is the third time I write to you", 2),
        ("快递没到", 0),
    ],
)
def test_earlier_contacts_are_counted(reader: Reader, text: str, earlier: int) -> None:
    assert reader.read(text, None, 0, None).earlier_contacts == earlier


@pytest.mark.parametrize(
    ("text", "customers"),
    [
        ("本店31票订单全部滞留", 31),
        ("已有六十位客户没收到货", 60),
        ("我们楼二十多户的快递都湿了", 20),
        ("forty residents are waiting", 40),
        ("our shop: 12 orders are stuck", 12),
        ("我买了5件衣服,三个快递都没到", 1),
        ("I have 3 parcels", 1),
        ("地址是和平路88号,三个人抬的洗衣机", 1),
        ("七号到期,今天还没到", 1),
        ("三十号人的快递都在车上", 30),
        ("不到五十位客户没收到货", 49),
        ("身份证后四位没填", 1),
        ("我们店每个月寄三百多单,就一盒晚了两天", 1),
        ("we are a shop and send 250 parcels a week, one box is late", 1),
        ("she told a queue of nine people off", 1),
        ("There are 60 people in our office and only my parcel is late", 1),
        ("我們公司六十位同事,只有我的件晚了", 1),
        ("There are 60 people in our office and the parcel for us is late", 1),
        ("My company of 500 employees uses you daily, and this one parcel is late", 1),
        ("You serve 20 million customers and lost mine", 1),
        ("In front of 30 people he shouted at me", 1),
        ("In a building of 112 flats, he never finds mine", 1),
        ("小区两千户,就一个快递柜", 1),
        ("你们几百万客户,就这样对我", 1),
        ("我们公司500名员工,我的件还没到", 1),
        ("我们办公室60个人都看见他骂我", 1),
        ("60 parcels of our office are late", 60),
        ("There are 60 people in our office and none of us got a parcel", 60),
        ("200 customers did not get their orders", 200),
        ("我们小区60户的件都没到", 60),
        ("我们公司60个件都没到", 60),
        ("我们楼六十户人家,三个月来没一家等到过上门", 60),
        ("光我们小区就三百户的名单,任何人点开就能下载", 300),
    ],
)
def test_customers_hit_are_counted(reader: Reader, text: str, customers: int) -> None:
    assert reader.read(text, None, 0, None).customers == customers


@given(st.text(max_size=200) | st.text("零一二两三百千万亿几0123456789.,元块$¥k次第", max_size=60))
@example("万亿万亿")
@example("第第第")
@example("1" * 500)
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    reading = READER.read(text, None, 0, None)
    assert reading.amount_cny is None or 0 < reading.amount_cny <= 1e9
    assert reading.customers >= 1
