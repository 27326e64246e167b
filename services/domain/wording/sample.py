"""What a template is tried and previewed with: every field that any kind may use."""

from collections.abc import Mapping
from typing import Any, Final

_BOTH: Final[Mapping[str, Any]] = {
    "tracking": "ABCDE-12345-FGHJK-67890",
    "link": "https://example.com/track/ABCDE-12345-FGHJK-67890",
    "rate": "https://example.com/rate/ABCDE-12345-FGHJK-67890",
    "waybill": "SF1300000000001",
    "digits": True,
    "stop": "word",
    "optout": "https://example.com/o/N3K9PQ2R7M5T8V1WXYZ4ABCDE-ABCDEFGH234567KM",
    "case_id": "C44NZ7JZYA29WT960",
    "level": 3,
    "late": True,
    "answered": False,
    "count": 128,
    "payment": "pay-0123456789abcdef01234567",
    "head": "",
    "first": "",
    "cases": ("C44NZ7JZYA29WT960", "C55NZ7JZYA29WT961"),
}
_ZH: Final[Mapping[str, Any]] = {
    "received": "2026年3月2日 20:00",
    "due": "2026年3月9日 20:00",
    "answer": "快件已经找到。\n明天送达。",
    "findings": "您反映的情况属实。",
    "measures": ("已对派送员进行培训。", "已加强该网点的签收核查。"),
    "apologies": ("我们的客服代表已于3月3日致电向您道歉。",),
    "compensation": "268.50 元（已批准）",
    "redress": ("邮政业消费者申诉中心：12305", "12345 政务服务便民热线"),
    "team": "理赔组",
    "clock": "办结",
    "wanted": "请提供签收照片。",
    "note": "我们正在向中转场核实快件去向。",
    "skipped": "高级客服组",
    "unit": "国际组",
    "amount": "268.50 元",
    "known": "收款账号有误",
    "what": "时限预警",
    "why": "storm",
}
_EN: Final[Mapping[str, Any]] = {
    "received": "2 March 2026, 20:00 (UTC+8)",
    "due": "9 March 2026, 20:00 (UTC+8)",
    "answer": "We have found your parcel.\nIt arrives tomorrow.",
    "findings": "What you told us is right.",
    "measures": ("The courier was trained.", "The station now checks each signature."),
    "apologies": ("Our colleague called you on 3 March to apologise.",),
    "compensation": "CNY 268.50 (approved)",
    "redress": ("Postal consumer appeal centre: 12305", "Public service hotline 12345"),
    "team": "Claims",
    "clock": "resolution",
    "wanted": "Please send the photo of the signature.",
    "note": "We are asking the sorting centre where your parcel is.",
    "skipped": "Senior desk",
    "unit": "International",
    "amount": "268.50 CNY",
    "known": "account closed",
    "what": "warnings of a time limit",
    "why": "storm",
}


_POST: Final = {
    "zh": "李华\n上海市静安区南京西路1号\n200041",
    "en": "Li Hua\n1 West Nanjing Road\nJing'an, Shanghai 200041",
}


def sample_post(language: str) -> str:
    """Return the postal address of the complainant of the sample."""
    return _POST["zh" if language == "zh" else "en"]


def sample(language: str) -> Mapping[str, Any]:
    """Return the fields in a language."""
    return {**_BOTH, **(_ZH if language == "zh" else _EN)}
