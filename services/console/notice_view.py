"""Who was told of a change, and how that ended, as lines below it in the timeline. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.console.language import Texts
from services.console.list_view import team_name
from services.console.unit_names import unit_name
from services.console.viewing import Viewing
from services.console.words import Moment
from services.domain.notice_fates import Fate, FateState


@dataclass(frozen=True, slots=True)
class Notice:
    """What was told, to whom, over what: the same to several complainants is one line."""

    state: FateState
    text: str
    state_name: str
    reason: str
    rule: str
    at: Moment
    unreached: bool = False
    """It had to be told and reached nobody: somebody must look after it."""


def notices_by_change(fates: Iterable[Fate], view: Viewing) -> dict[int, tuple[Notice, ...]]:
    """Return the lines below each change, by its number."""
    alike: dict[tuple[int, str, str, str, FateState, str, bool], list[Fate]] = {}
    for fate in fates:
        whom, reason = _whom(fate, view), fate.reason or ""
        over = fate.over or fate.channel
        key = (fate.seq, fate.kind, whom, over, fate.state, reason, fate.unreached)
        alike.setdefault(key, []).append(fate)
    lines: dict[int, list[Notice]] = {}
    for (seq, kind, whom, channel, state, reason, unreached), same in alike.items():
        texts = view.texts
        text = texts(
            "notice.line",
            kind=texts.word("notice_kind", kind),
            whom=whom if len(same) == 1 else texts("notice.several", whom=whom, n=len(same)),
            channel=texts.word("notice_channel", channel),
        )
        line = Notice(
            state=state,
            text=text,
            state_name=texts.word("notice_state", state),
            reason=_reason(reason, texts),
            rule=reason,
            at=view.moment(max(fate.at for fate in same)),
            unreached=unreached,
        )
        lines.setdefault(seq, []).append(line)
    return {seq: tuple(found) for seq, found in lines.items()}


def _whom(fate: Fate, view: Viewing) -> str:
    kind, _, name = fate.recipient.partition(":")
    if kind == "team":
        return team_name(name, view.teams, view.texts)
    if kind == "contact":
        return view.texts("actor.customer")
    return name if kind == "clerk" else unit_name(fate.recipient, view)


def _reason(reason: str, texts: Texts) -> str:
    """Return the ground in words; a rule may be named behind a colon."""
    return texts.word("notice_reason", reason.partition(":")[0]) if reason else ""
