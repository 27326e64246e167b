"""What the customers of the load say, and how it reaches us."""

from typing import Final

CHANNELS: Final = ("phone", "phone", "app", "app", "wechat", "web", "email", "regulator")
ITEMS: Final = (
    "景德镇青花茶壶一套", "赣南脐橙两箱", "电动牙刷替换头", "结婚证书原件", "儿童安全座椅",
    "笔记本电脑内存条", "云南普洱茶饼", "碳纤维鱼竿", "新鲜荔枝礼盒", "手工编织毛衣",
    "a cello bow", "two tins of olive oil", "my daughter's violin", "a box of ceramic tiles",
)  # fmt: skip
COMPLAINTS: Final = (
    "说是{day}号到,现在还没影,麻烦查查{item}", "{item}摔破了,外箱凹进去一块,要求赔偿",
    "快递员没打电话就把{item}放驿站了", "显示签收,但是{item}没有收到,不是本人签的",
    "{item}少了一件,袋子被拆过", "The tracking has not moved for {day} days: {item}",
    "{item} arrived broken, photos on request", "冷链的{item}全化了,{day}号就该送",
)  # fmt: skip
