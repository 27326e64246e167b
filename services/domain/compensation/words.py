"""The steps of a guidance in sentences, Chinese and English. Pure."""

from typing import Any, Final, Literal

from services.domain.compensation.guidance import Guidance, Step
from services.domain.compensation.rules import Known, Standing

Language = Literal["zh", "en"]

_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "deemed_lost": ("超过约定时间过久，视为丢失", "Overdue for so long that it is taken for lost"),
    "branch_insured": ("已保价：按保价约定计算", "Insured: by the agreement on the insured value"),
    "branch_uninsured": ("未保价：按民事法律规定计算", "Not insured: by civil law"),
    "branch_universal_service": ("邮政普遍服务邮件", "An item of the universal postal service"),
    "branch_perishable": ("易腐物品，未保价", "Perishable goods, not insured"),
    "value_not_known": (
        "尚不知物品价值，请先核实",
        "The value of the goods is not known yet: find out",
    ),
    "postage_not_known": ("尚不知邮费，请先核实", "The postage is not known yet: find out"),
    "actual_loss": (
        "实际损失（价值×损失比例）",
        "Actual loss: the share of the value that is gone",
    ),
    "insured_value": ("全部损失：保价额", "Wholly lost: the insured value"),
    "insured_share": ("部分损失：保价额按比例", "Partly lost: that share of the insured value"),
    "no_statutory_cap": (
        "按交付地市场价格赔偿实际损失；快递没有法定邮费倍数上限",
        "The actual loss at the market price of the destination; for express no law caps it at a "
        "multiple of the postage",
    ),
    "void_terms": (
        "不合理减轻企业责任的格式条款可能无效",
        "Standard terms that limit the carrier's liability unfairly may be void",
    ),
    "universal_cap": (
        "未保价：不超过邮费的倍数",
        "Not insured: at most that multiple of the postage",
    ),
    "cap_is_lost": (
        "故意或重大过失：不适用上限",
        "Intent or gross negligence: the cap does not hold",
    ),
    "perishable": (
        "因延误或投递方式变质：赔偿实际损失",
        "Spoilt by the delay or the way of delivery: the actual loss",
    ),
    "delay": ("仅延误：退还邮费", "Late and nothing lost: the postage back"),
    "exempt_force_majeure": (
        "可能因不可抗力免责，由企业举证、由人判断",
        "Force majeure may exempt the carrier, who has to prove it; a person judges",
    ),
    "exempt_nature_of_goods": (
        "可能因物品自身性质免责，由企业举证、由人判断",
        "The nature of the goods may exempt the carrier, who has to prove it; a person judges",
    ),
    "exempt_sender_fault": (
        "可能因寄件人过错免责，由企业举证、由人判断",
        "The sender's fault may exempt the carrier, who has to prove it; a person judges",
    ),
    "exempt_receiver_fault": (
        "可能因收件人过错免责，由企业举证、由人判断",
        "The receiver's fault may exempt the carrier, who has to prove it; a person judges",
    ),
    "insured_not_exempt": (
        "保价邮件不因不可抗力免责",
        "Insured items are compensated in spite of force majeure",
    ),
    "fraud": ("存在欺诈：价款倍数，另有最低额", "Fraud: a multiple of the price, with a minimum"),
    "goodwill": ("无论有无责任，可酌情给予关怀，最高", "Goodwill without any duty, up to"),
    "no_sure_rule": (
        "当地没有已核实的赔偿金额规则，不作推算，也不套用其他地区的法律",
        "No sure rule of this place gives an amount: none is worked out, and no other place's law "
        "is applied",
    ),
    "a_person_finds_the_rule": (
        "请人工核实当地规则和产品条款后决定；不自动拒绝",
        "A person looks up the rules of the place and the terms of the product, and decides; "
        "nothing is refused by itself",
    ),
    "a_person_decides": (
        "以上仅供参考，由人决定；不自动拒绝",
        "This is guidance: a person decides, and nothing is refused by itself",
    ),
}
_TERMS: Final = ("经营者条款，并非法律", "an operator's terms, not law")
_HOUSE: Final = ("企业规则，可配置", "rule of the house, configurable")


def sentence(step: Step, currency: str, language: Language) -> str:
    """Return a step as a line: what, how much, and what it rests on."""
    at = 0 if language == "zh" else 1
    known = step.rule if isinstance(step.rule, Known) else None
    line = _SENTENCES[step.words][at] if known is None else (known.zh, known.en)[at]
    if step.amount is not None:
        line += f"{'：' if language == 'zh' else ': '}{money(step.amount, currency, language)}"
    if step.rule is not None:
        basis = step.rule.basis
        if not step.rule.is_law:
            basis += "; " + (_TERMS if step.rule.status is Standing.TERMS else _HOUSE)[at]
        line += f"（{basis}）" if language == "zh" else f" ({basis})"
    return line


def amount(minor: int, currency: str) -> str:
    """Return an amount in the currency's usual unit.

    >>> amount(1234550, "CNY")
    '12,345.50 CNY'
    """
    return f"{minor / 100:,.2f} {currency}"


_CHINESE: Final = {
    "CNY": "元",
    "HKD": "港元",
    "MOP": "澳门元",
    "TWD": "新台币",
    "USD": "美元",
    "EUR": "欧元",
    "GBP": "英镑",
    "AUD": "澳元",
}


def money(minor: int, currency: str, language: Language) -> str:
    """Return an amount as a reader of a language writes it.

    >>> money(1234550, "CNY", "zh"), money(1234550, "CNY", "en"), money(100, "XDR", "zh")
    ('12,345.50 元', '12,345.50 CNY', '1.00 XDR')
    """
    return f"{minor / 100:,.2f} {currency_words(currency, language)}"


def currency_words(currency: str, language: Language) -> str:
    """Return what a currency is called; its code where that is not known."""
    return _CHINESE.get(currency, currency) if language == "zh" else currency


def as_answer(guidance: Guidance) -> dict[str, Any]:
    """Return a guidance as plain data, its steps in both languages."""
    return {
        "branch": str(guidance.branch),
        "currency": guidance.currency,
        "least": guidance.least,
        "most": guidance.most,
        "asks": list(guidance.asks),
        "steps": [
            {
                "step": step.words,
                "zh": sentence(step, guidance.currency, "zh"),
                "en": sentence(step, guidance.currency, "en"),
                **({} if step.amount is None else {"amount": step.amount}),
                **(
                    {}
                    if step.rule is None
                    else {"basis": step.rule.basis, "is_law": step.rule.is_law}
                ),
            }
            for step in guidance.steps
        ],
        "guidance": guidance.policy,
    }
