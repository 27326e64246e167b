"""What :mod:`services.domain.clocks.words` tells an account with, Chinese then English."""

from typing import Final, Literal, NamedTuple

from services.domain.calendars.calendar import Kind
from services.domain.clocks.account import Standing
from services.domain.clocks.limits import Unit

Language = Literal["zh", "en"]
Pair = tuple[str, str]

CLOCKS: Final[dict[str, Pair]] = {
    "statutory": ("法定时限", "Legal limit"),
    "acknowledgement": ("受理时限", "Acknowledgement"),
    "next_update": ("进展告知时限", "Next update to the customer"),
    "resolution": ("办结时限", "Resolution"),
    "team": ("本组处理时限", "Team's own limit"),
    "partner": ("合作方回复时限", "Partner's answer"),
    "regulator": ("主管部门转办答复时限", "Answer to the regulator"),
    "task": ("协办任务时限", "Task"),
}
ANSWER: Final[Pair] = ("对外答复时限", "Limit of the answer")
"""The legal clock where what it goes by is no law: it is not called one."""
STANDINGS: Final[dict[Standing, Pair]] = {
    Standing.RUNNING: ("{due} 到期，还剩 {left}", "due {due}, {left} left"),
    Standing.HELD: (
        "暂停，正在等待{who}",
        "stands still, waiting for {who}",
    ),
    Standing.OVERDUE: ("已超时，{due} 到期", "OVERDUE, was due {due}"),
    Standing.MET: (
        "按时完成（{done}）",
        "done in time, {done}",
    ),
    Standing.MISSED: (
        "超时完成（{done}，应在 {due} 前）",
        "done too late, {done} (was due {due})",
    ),
}
WORKING_LEFT: Final[Pair] = ("{length}工作时间", "{length} of working time")
KINDS: Final[dict[Kind, Pair]] = {
    Kind.WORKED: ("计时", "counts"),
    Kind.CLOSED: ("非工作时间，不计时", "closed, does not count"),
    Kind.HOLIDAY: ("节假日，不计时", "holiday, does not count"),
    Kind.PAUSED: ("等待{who}，不计时", "waiting for {who}, does not count"),
}
WAITING: Final[dict[str, Pair]] = {
    "customer": ("客户", "the customer"),
    "partner": ("合作方", "partner"),
    "authority": ("主管部门", "the authority"),
}
UNITS: Final[dict[Unit, Pair]] = {
    Unit.SECONDS: ("{n} 秒", "{n} s"),
    Unit.MINUTES: ("{n} 分钟", "{n} min"),
    Unit.HOURS: ("{n} 小时", "{n} h"),
    Unit.DAYS: ("{n} 天", "{n} days"),
    Unit.MONTHS: ("{n} 个月", "{n} months"),
    Unit.YEARS: ("{n} 年", "{n} years"),
    Unit.WORKING_DAYS: ("{n} 个工作日", "{n} working days"),
}
WEEKDAYS: Final = (
    ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
)


class Texts(NamedTuple):
    """The sentences of one language."""

    at: str
    versions: str
    limit: str
    limit_of_days: str
    calendar: str
    extended: str
    rests: str
    own: str
    beyond_known: str
    holiday: str
    lasts: str
    due_here: str
    used: str
    overdue: str
    share: str
    partner: str
    merged: str
    merged_into: str
    nobody: str
    of: str
    more: str
    colon: str
    comma: str
    gap: str


_ZH: Final = Texts(
    at="截至 {at}（{zone}），案件等级 {level}",
    versions="依据：时限规则 {sla}，日历 {calendars}，外部时限表 {limits}",
    limit="时限 {length}，按{calendar}计算",
    limit_of_days="时限 {length}，自然日，任何情况下不暂停",
    calendar="“{name}”（{version}）",
    extended="，其中延长 {n}",
    rests="。{basis}",
    own="。内部承诺，并非法律规定",
    beyond_known="注意：到期日超出日历已知的节假日范围，届时可能变动",
    holiday="{name}，不计时",
    lasts="至今",
    due_here="{at} 到期",
    used="已用时间：{who}",
    overdue="超时 {total}：{who}",
    share="{who} {time}",
    partner="合作方 {name}",
    merged="并入案件 {case}：其法定、受理和办结时限也约束本案，以先到期者为准",
    merged_into="本案已并入 {case}，由该案统一处理；本案时限照常计算，拆分后恢复",
    nobody="无人负责",
    of="{clock}（{who}）",
    more="……其余 {n} 段略",
    colon="：",
    comma="、",
    gap=" ",
)
_EN: Final = Texts(
    at="As of {at} ({zone}), level {level}",
    versions="By time limits {sla}, calendars {calendars}, outside limits {limits}",
    limit="Limit: {length} in the hours of {calendar}",
    limit_of_days="Limit: {length}; all days count, nothing pauses it",
    calendar='"{name}" ({version})',
    extended=", of which {n} by extension",
    rests="; {basis}",
    own=". Our own promise, not law",
    beyond_known="Note: this reaches past the last holidays that the calendar knows",
    holiday="{name}, does not count",
    lasts="now",
    due_here="{at} due",
    used="Time used: {who}",
    overdue="Overdue by {total}: {who}",
    share="{who} {time}",
    partner="partner {name}",
    merged="Merged case {case}: its legal limit, acknowledgement and resolution count here too;"
    " the first that is due counts",
    merged_into="This case is merged into {case} and worked on there; its own limits run on, and"
    " count alone again when they are parted",
    nobody="nobody",
    of="{clock} ({who})",
    more="… and {n} more stretches",
    colon=": ",
    comma=", ",
    gap=" ",
)


def texts_of(language: Language) -> Texts:
    """Return the sentences of a language."""
    return _ZH if language == "zh" else _EN
