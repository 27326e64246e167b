"""Contacts of which incidents form, and what people say of these, mixed into a run's inputs."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final

from schemas import topics
from schemas.codec import encode
from schemas.incidents import IncidentAsk, IncidentCommand
from schemas.keys import locality_key
from services.runtime.records import Outbound
from tests.support.builders import NOON, TENANT, a_contact

_HUB: Final = "东莞分拨"
_FIRES: Final = (
    "白鹤洞中转场着火,我的茶叶烧了吗",
    "听说白鹤洞火灾,皮箱还在吗",
    "白鹤洞起火,台灯怎么赔",
    "白鹤洞失火了,绘图板急用",
    "白鹤洞那边的大火,毛衣呢",
    "新闻说白鹤洞着火,书在里面",
)
_SAID: Final = (
    IncidentAsk.OPEN,
    IncidentAsk.END,
    IncidentAsk.END,
    IncidentAsk.SET_LEVEL,
    IncidentAsk.UPDATE,
    IncidentAsk.UPDATE,
)
_BY: Final = ("clerk:clerk-901", "clerk:clerk-901", "clerk:clerk-901", "clerk:clerk-101")
"""The last one has not the rank for most of it."""
_ENDED_AT_ONCE: Final = 0.5
FEW_OTHERS: Final = 1
FEW_FIRES: Final = 6
_EVERY_DAY: Final = ("杯子碎了", "发票没开", "师傅骂人", "取件没人来", "多收了上楼费", "柜子打不开")


def with_fires(records: Sequence[Outbound], rng: Random, are_few: bool) -> list[Outbound]:
    """Return the records with contacts about a fire, others of the day, and words to a place; so
    few that each contact may have a long way to go, or as many as an incident may grow by."""
    others, most, said = (FEW_OTHERS, FEW_FIRES, (0, 3)) if are_few else (12, 12, (0, 5, 9))
    mixed = [*records, *(_contact(n, _EVERY_DAY[n % 6], rng) for n in range(others))]
    rng.shuffle(mixed)
    fires = [_contact(100 + n, rng.choice(_FIRES), rng) for n in range(rng.randint(most - 2, most))]
    words = [_words(number, rng) for number in range(rng.choice(said))]
    for records_together in (*([one] for one in fires), *words):
        at = rng.randint(len(mixed) // 3, len(mixed))
        mixed[at:at] = records_together
    return mixed


def _contact(number: int, text: str, rng: Random) -> Outbound:
    contact = a_contact(
        f"fire-{number}",
        customer=f"fire-cust-{rng.randint(0, 9)}-{number}",
        waybill=None,
        text=text,
        hub=_HUB if rng.random() < 0.4 else None,
        received_at=NOON + timedelta(minutes=number),
    )
    return Outbound(topics.RECEIVED.name, locality_key(TENANT, contact.contact_id), encode(contact))


def _words(number: int, rng: Random) -> list[Outbound]:
    """Return what a person says of the incident of a place, whether there is one or not; whoever
    tells its customers something may end it in the same breath."""
    place = rng.choice((_HUB, "白鹤洞", "白鹤洞")), rng.choice(("safety", "safety", "delay"))
    kind = rng.choice(_SAID)
    said = [_word(kind, f"said-{number}", number, place, rng)]
    if kind is IncidentAsk.UPDATE and rng.random() < _ENDED_AT_ONCE:
        said.append(_word(IncidentAsk.END, f"said-{number}-end", number, place, rng))
    return said


def _word(
    kind: IncidentAsk, name: str, number: int, place: tuple[str, str], rng: Random
) -> Outbound:
    hub, category = place
    word = IncidentCommand.model_validate(
        {"tenant": TENANT, "hub": hub, "category": category, "command_id": name,
         "kind": kind, "actor": _BY[number % len(_BY)],
         "note": None if number == 2 else "so it is",
         "at": NOON + timedelta(minutes=200), "level": rng.choice((2, 4))}
    )  # fmt: skip
    key = f"{TENANT}|{hub}|{category}".encode()
    return Outbound(topics.PLACES.name, key, encode(word))
