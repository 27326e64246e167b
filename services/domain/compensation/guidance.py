"""From the facts of a matter to what a compensation may come to, and why. Pure.

The answer is a range and the steps that led to it. It is guidance to a person: an exemption
makes the lower end 0 and is for a person to judge, and what is not known is asked for.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from schemas.handling_words import CompensationBranch
from services.domain.compensation.rules import Jurisdiction, Rule, Rules
from services.domain.policies import PolicyPart

Minor = Annotated[int, Field(ge=0, le=10**12)]
_UNION: Final = "upu"
_NO_CURRENCY: Final = "XXX"
"""ISO 4217's code for a sum in no currency."""
Exemption = Literal["force_majeure", "nature_of_goods", "sender_fault", "receiver_fault"]


class Facts(PolicyPart):
    """What is known. Amounts in the currency's smallest unit; absent is not known."""

    jurisdiction: str | None = None
    """Whose rules count; absent: the default's."""
    is_abroad: bool = False
    """The parcel goes from country to country."""
    harm: Literal["lost", "damaged", "spoilt", "delayed"]
    product: str = "express"
    value: Minor | None = None
    """What the goods were worth at the destination."""
    insured: Minor = 0
    """The insured value; 0: not insured."""
    postage: Minor | None = None
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """How much of it is lost or damaged."""
    perishable: bool = False
    exemption: Exemption | None = None
    gross_negligence: bool = False
    fraud: bool = False
    days_overdue: Annotated[int, Field(ge=0)] | None = None
    """Calendar days since the promised time, of something that has not come."""
    same_city: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.harm == "delayed" and self.share != 1.0:
            raise ValueError("share: a delay has no share")
        return self


class Step(NamedTuple):
    """One step of the reasoning; ``amount`` where it set one. ``words`` names the sentence."""

    words: str
    rule: Rule | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class Guidance:
    """What a compensation may come to: from ``least`` to ``most``; None: not to be said yet,
    ``asks`` names the facts that are missing."""

    branch: CompensationBranch
    currency: str
    least: int | None
    most: int | None
    steps: tuple[Step, ...]
    asks: tuple[str, ...]
    policy: str


def guide(facts: Facts, rules: Rules) -> Guidance:
    """Return the guidance for ``facts``: by the rules of their own jurisdiction, never by those of
    another; where none gives an amount, what is known and that a person is to decide."""
    place = rules.jurisdictions.get((facts.jurisdiction or rules.default).lower())
    if place is None:
        return _unsure(facts, rules)
    steps: list[Step] = []
    harm = _harm(facts, place, steps)
    branch = _branch(facts, place, steps)
    if harm == "delayed":
        amount, asks = _delay(facts, place, steps)
    else:
        amount, asks = _LOSSES[branch](facts, place, steps)
    least = most = amount
    if facts.exemption is not None and amount is not None:
        least = _exempt(facts, place, branch, steps, amount)
    if facts.fraud:
        least, most, asks = _fraud(facts, place, steps, most, least, asks)
    if amount is not None and place.goodwill.most > (most or 0):
        steps.append(Step("goodwill", place.goodwill, place.goodwill.most))
    steps.append(Step("a_person_decides"))
    return Guidance(branch, place.currency, least, most, tuple(steps), asks, rules.version)


def _unsure(facts: Facts, rules: Rules) -> Guidance:
    """Say what is known of the place, and ask a person: no amount is worked out."""
    name = (facts.jurisdiction or rules.default).lower()
    place = rules.unsure.get(name)
    union = rules.unsure.get(_UNION)
    known = list(place.known) if place else []
    if facts.is_abroad and union is not None:
        known += union.abroad
    steps = [Step("no_sure_rule"), *(Step("known", one) for one in known)]
    steps.append(Step("a_person_finds_the_rule"))
    return Guidance(
        branch=CompensationBranch.UNKNOWN,
        currency=place.currency if place else _NO_CURRENCY,
        least=None,
        most=None,
        steps=tuple(steps),
        asks=("rule",),
        policy=rules.version,
    )


def _harm(facts: Facts, place: Jurisdiction, steps: list[Step]) -> str:
    """Take what is overdue for long for lost."""
    rule = place.deemed_lost
    days = rule.same_city_days if facts.same_city else rule.other_days
    if facts.harm == "delayed" and facts.days_overdue is not None and facts.days_overdue >= days:
        steps.append(Step("deemed_lost", rule))
        return "lost"
    return facts.harm


def _branch(facts: Facts, place: Jurisdiction, steps: list[Step]) -> CompensationBranch:
    if facts.product in place.universal_products:
        branch = CompensationBranch.UNIVERSAL_SERVICE
    elif facts.insured:
        branch = CompensationBranch.INSURED
    elif facts.perishable:
        branch = CompensationBranch.PERISHABLE
    else:
        branch = CompensationBranch.UNINSURED
    steps.append(Step(f"branch_{branch}"))
    return branch


_Loss = tuple[int | None, tuple[str, ...]]
_NOT_KNOWN: Final[_Loss] = (None, ("value",))


def _loss(facts: Facts, steps: list[Step]) -> int | None:
    """Return the actual loss: the share of the value that is gone."""
    if facts.value is None:
        steps.append(Step("value_not_known"))
        return None
    loss = round(facts.value * facts.share)
    steps.append(Step("actual_loss", None, loss))
    return loss


def _insured(facts: Facts, place: Jurisdiction, steps: list[Step]) -> _Loss:
    """The insured value, or its share; never more than was insured, nor capped by the postage."""
    rule = place.insured
    if facts.product in place.universal_products:
        rule = place.insured_universal
    amount = round(facts.insured * facts.share)
    steps.append(Step("insured_share" if facts.share < 1 else "insured_value", rule, amount))
    return amount, ()


def _uninsured(facts: Facts, place: Jurisdiction, steps: list[Step]) -> _Loss:
    """The actual loss by civil law: for express there is no statutory cap."""
    loss = _loss(facts, steps)
    if loss is None:
        return _NOT_KNOWN
    steps.append(Step("no_statutory_cap", place.uninsured, loss))
    steps.append(Step("void_terms", place.void_terms))
    return loss, ()


def _universal(facts: Facts, place: Jurisdiction, steps: list[Step]) -> _Loss:
    """The actual loss up to a multiple of the postage; without it after gross negligence."""
    if facts.insured:
        return _insured(facts, place, steps)
    loss = _loss(facts, steps)
    if facts.gross_negligence:
        steps.append(Step("cap_is_lost", place.universal_cap, loss))
        return (loss, ()) if loss is not None else _NOT_KNOWN
    if facts.postage is None:
        return None, (*(("value",) if loss is None else ()), "postage")
    cap = round(facts.postage * place.universal_cap.factor)
    steps.append(Step("universal_cap", place.universal_cap, cap))
    return (min(loss, cap), ()) if loss is not None else _NOT_KNOWN


def _perishable(facts: Facts, place: Jurisdiction, steps: list[Step]) -> _Loss:
    """The actual loss of what spoilt, also where only part of it was late."""
    loss = _loss(facts, steps)
    if loss is None:
        return _NOT_KNOWN
    steps.append(Step("perishable", place.perishable, loss))
    steps.append(Step("no_statutory_cap", place.uninsured))
    return loss, ()


_LOSSES: Final = {
    CompensationBranch.INSURED: _insured,
    CompensationBranch.UNINSURED: _uninsured,
    CompensationBranch.UNIVERSAL_SERVICE: _universal,
    CompensationBranch.PERISHABLE: _perishable,
}


def _delay(facts: Facts, place: Jurisdiction, steps: list[Step]) -> _Loss:
    if facts.postage is None:
        steps.append(Step("postage_not_known"))
        return None, ("postage",)
    amount = round(facts.postage * place.delay.factor)
    steps.append(Step("delay", place.delay, amount))
    return amount, ()


def _exempt(
    facts: Facts,
    place: Jurisdiction,
    branch: CompensationBranch,
    steps: list[Step],
    amount: int,
) -> int:
    """Return the lower end: 0 where an exemption may hold. Whether it does, the carrier has to
    prove and a person to judge; insured universal items are not exempt by force majeure."""
    is_universal = branch is CompensationBranch.UNIVERSAL_SERVICE
    if is_universal and facts.insured and facts.exemption == "force_majeure":
        steps.append(Step("insured_not_exempt", place.exempt_universal, amount))
        return amount
    rule = place.exempt_universal if is_universal else place.exempt
    steps.append(Step(f"exempt_{facts.exemption}", rule, 0))
    return 0


def _fraud(
    facts: Facts,
    place: Jurisdiction,
    steps: list[Step],
    most: int | None,
    least: int | None,
    asks: tuple[str, ...],
) -> tuple[int | None, int | None, tuple[str, ...]]:
    """Add what fraud costs on top; the price of the service is the postage."""
    if facts.postage is None:
        return least, most, tuple(dict.fromkeys((*asks, "postage")))
    extra = max(round(facts.postage * place.fraud.factor), place.fraud.least)
    steps.append(Step("fraud", place.fraud, extra))
    return (
        None if least is None else least + extra,
        None if most is None else most + extra,
        asks,
    )
