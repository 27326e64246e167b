"""Traffic in which incidents form and cases are merged and parted, beside what comes every day."""

from datetime import UTC, datetime
from typing import Final

from schemas import topics
from schemas.cases import CaseCommand
from schemas.codec import encode
from schemas.keys import case_key
from schemas.personal import KeyRing
from schemas.vocabulary import CommandKind
from tests.support.traffic import TENANT, Kind, Sending, Traffic

_FIRES: Final = (
    "白鹤洞中转场着火了,我的{item}烧了吗",
    "听说白鹤洞火灾,{item}还在吗",
    "白鹤洞起火,{item}怎么赔",
    "绿洲花园驿站关门了,{item}在里面",
    "绿洲花园那个驿站停业,{item}拿不出来",
    "若尔盖大雪封路,{item}停了{day}天",
    "若尔盖下雪,{item}什么时候能到",
)
_STORM: Final = 0.12
_CALM: Final = 120
"""Messages before the storm: what is frequent from the beginning is no news."""
_MERGES: Final = 0.03


class StormyTraffic(Traffic):
    """A stream of :class:`Sending` with fires, closed stations, snow, merges and partings."""

    def __init__(self, keys: KeyRing, seed: int = 1) -> None:
        super().__init__(keys, seed)
        self._merged: list[tuple[str, str]] = []

    def next(self) -> Sending:
        """Return the next message."""
        roll = self._rng.random()
        if roll < _MERGES and len(self._parcels) > 50:
            self._count += 1
            return self._about_a_merge()
        return super().next()

    def _complaint(self) -> str:
        if self._count > _CALM and self._rng.random() < _STORM:
            return self._rng.choice(_FIRES).format(item="货", day=self._rng.randrange(2, 9))
        return super()._complaint()

    def _about_a_merge(self) -> Sending:
        if self._merged and self._rng.random() < 0.4:
            head, child = self._merged.pop(self._rng.randrange(len(self._merged)))
            return self._said(CommandKind.UNMERGE, head, child)
        head, child = (one.case_id for one in self._rng.sample(self._parcels[-400:], 2))
        self._merged.append((head, child))
        return self._said(CommandKind.MERGE, head, child)

    def _said(self, kind: CommandKind, case_id: str, other: str) -> Sending:
        command = CaseCommand(
            tenant=TENANT,
            case_id=case_id,
            command_id=f"{self._name}-{self._count}",
            kind=kind,
            actor=f"clerk:{self._rng.randrange(20)}",
            issued_at=datetime.now(UTC),
            other=other,
        )
        key, token = case_key(TENANT, case_id), f"cmd:{command.command_id}"
        return Sending(Kind.COMMAND, topics.COMMANDS.name, key, encode(command), token)
