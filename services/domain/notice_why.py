"""Why somebody was told, or was not: what was decided about a notice, in one line. Pure."""

from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from services.domain.night import quiet_until
from services.domain.notice_fates import Fate, FateState


class Decided(StrEnum):
    """What became of the wish to tell somebody."""

    SENT = "sent"
    DELIVERED = "delivered"
    BUNDLED = "bundled"
    THROTTLED = "throttled"
    QUIET = "quiet"
    OPTED_OUT = "opted_out"
    NO_ADDRESS = "no_address"
    BOUNCED = "bounced"
    PROVIDER_DOWN = "provider_down"
    FAILED = "failed"
    HELD = "held"
    """Nobody knows whether it was sent, and it is not sent again until somebody does."""
    UNKNOWN = "unknown"
    """Nobody knows whether it was sent."""
    WAITING = "waiting"
    NOT_SENT = "not_sent"
    """On purpose, for another reason: the line names it."""


_HELD: Final = "held"
_SHUT: Final = frozenset({"away", "refused"})
"""How a last attempt ended whose provider takes nothing now."""
_BY_STATE: Final = {
    FateState.SENT: Decided.SENT,
    FateState.DELIVERED: Decided.DELIVERED,
}
_BY_REASON: Final = {
    "bundled": Decided.BUNDLED,
    "daily": Decided.BUNDLED,
    "throttled": Decided.THROTTLED,
    "capped": Decided.THROTTLED,
    "opted_out": Decided.OPTED_OUT,
    "no_address": Decided.NO_ADDRESS,
    "contact_unknown": Decided.NO_ADDRESS,
    "no_team_above": Decided.NO_ADDRESS,
    "no_robot": Decided.NO_ADDRESS,
    "address_unusable": Decided.NO_ADDRESS,
    "address_not_ascii": Decided.NO_ADDRESS,
    "address_bounced": Decided.NO_ADDRESS,
    "address_complained": Decided.OPTED_OUT,
    "bounced": Decided.BOUNCED,
    "undelivered": Decided.BOUNCED,
    "channel_off": Decided.PROVIDER_DOWN,
    "given_up": Decided.PROVIDER_DOWN,
    "away_too_long": Decided.PROVIDER_DOWN,
}
_WORDS: Final = {
    Decided.SENT: ("已发送", "sent"),
    Decided.DELIVERED: ("已送达", "delivered"),
    Decided.BUNDLED: ("已并入汇总", "bundled into a digest"),
    Decided.THROTTLED: ("不久前已告知，未再发送", "not sent, told not long ago"),
    Decided.QUIET: ("安静时段，等待发送", "held for quiet hours"),
    Decided.OPTED_OUT: ("对方选择不接收，未发送", "not sent, not wanted"),
    Decided.NO_ADDRESS: ("没有可用地址，未发送", "not sent, no address"),
    Decided.BOUNCED: ("被退回，未送达", "came back undelivered"),
    Decided.PROVIDER_DOWN: ("服务商不可用", "the provider is down"),
    Decided.FAILED: ("发送失败", "failed"),
    Decided.HELD: ("不确定是否送达，暂不重发", "in doubt, not sent again until somebody knows"),
    Decided.UNKNOWN: ("不确定是否送达", "in doubt, it may have arrived"),
    Decided.WAITING: ("等待发送", "waiting to be sent"),
    Decided.NOT_SENT: ("未发送", "not sent"),
}
_STATES: Final = {
    FateState.SENT: "已发送",
    FateState.DELIVERED: "已送达",
    FateState.FAILED: "失败",
    FateState.SUPPRESSED: "不发送",
    FateState.UNKNOWN: "不确定",
    FateState.WAITING: "等待中",
}
_BY_RULE: Final = ("规则", "by rule")
_UNREACHED: Final = ("必须告知而未能联系到对方，请另行告知", "had to be told: reach them otherwise")
_TEXTS: Final = ("文本版本", "texts")
_RESTS: Final = (
    "等到 {at}（{zone}），对方安静时段 {begins}-{ends} 结束",
    "rests until {at} ({zone}), the end of the recipient's quiet hours {begins}-{ends}",
)
_ON_LANE: Final = (
    "自 {at} 起在 {channel} 通道排队{whose}，等服务商能接收或该地址的发送限额放开",
    "on the lane of {channel}{whose} since {at}: its provider does not take it now, or its address"
    " had enough for a while",
)
_AT: Final = "%Y-%m-%d %H:%M:%S"


def decided_of(fate: Fate, now: datetime) -> Decided:
    """Return what was decided, and what came of it, in a word."""
    if fate.state in _BY_STATE:
        return _BY_STATE[fate.state]
    if fate.state is FateState.UNKNOWN:
        return Decided.HELD if fate.reason == _HELD else Decided.UNKNOWN
    if fate.state is FateState.WAITING:
        return _waiting(fate, now)
    otherwise = Decided.FAILED if fate.state is FateState.FAILED else Decided.NOT_SENT
    return _BY_REASON.get((fate.reason or "").partition(":")[0], otherwise)


def _waiting(fate: Fate, now: datetime) -> Decided:
    if rests_until(fate, now) is not None:
        return Decided.QUIET
    if (fate.last or "").partition(":")[0] in _SHUT:
        return Decided.PROVIDER_DOWN
    return Decided.QUIET if _is_held(fate, now) and fate.kind != "digest" else Decided.WAITING


def _is_held(fate: Fate, now: datetime) -> bool:
    return fate.last is None and fate.held_until is not None and now < fate.held_until


def rests_until(fate: Fate, now: datetime) -> datetime | None:
    """Return the end of the night for which a notice rests that is not sent yet; None when it does
    not, or is held for longer than that."""
    if fate.state is not FateState.WAITING:
        return None
    morning = quiet_until(fate.quiet, now)
    is_longer = morning is not None and _is_held(fate, max(now, morning))
    return None if is_longer else morning


def line_of(fate: Fate, now: datetime, zone: tzinfo, language: str) -> str:
    """Return all of it in one line: when, what, to whom, over what (and over what in the end), the
    decision, its rule, and how and when it ended."""
    english = language != "zh"
    decided = decided_of(fate, now)
    way = fate.channel if fate.over in ("", fate.channel) else f"{fate.channel} → {fate.over}"
    parts = [
        f"{_local(fate.decided_at or fate.at, zone)}  #{fate.seq} {fate.kind} → {fate.recipient}"
        f" ({way}): {_WORDS[decided][english]}",
        f"{_BY_RULE[english]} {fate.rule or '-'}",
    ]
    if fate.state is FateState.WAITING:
        parts += _waits(fate, now, zone, english)
    detail = fate.last or fate.reason
    is_new = bool(detail) and (detail or "").partition(":")[2] != fate.rule
    ended = f"{fate.state if english else _STATES[fate.state]} {_local(fate.at, zone)}"
    parts.append(f"{ended} ({detail})" if is_new else ended)
    if fate.unreached:
        parts.append(_UNREACHED[english])
    if fate.texts is not None:
        parts.append(f"{_TEXTS[english]} {fate.texts}")
    return "; ".join(parts)


def _waits(fate: Fate, now: datetime, zone: tzinfo, english: bool) -> list[str]:
    """Return until when and for what a notice waits; of a night by the recipient's own clock."""
    if (morning := rests_until(fate, now)) is not None and (quiet := fate.quiet) is not None:
        at = _local(morning, ZoneInfo(quiet.zone))
        return [_RESTS[english].format(at=at, **quiet.model_dump())]
    parts = []
    if fate.held_until is not None:
        parts.append(f"{'until' if english else '至'} {_local(fate.held_until, zone)}")
    if fate.lane_since is not None:
        at, whose = _local(fate.lane_since, zone), fate.lane_provider
        whose = whose and (f" ({whose})" if english else f"（{whose}）")
        parts.append(_ON_LANE[english].format(at=at, channel=fate.channel, whose=whose))
    return parts


def _local(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime(_AT)
