"""What the numbers of a replay take for granted, in words for whoever reads them. Pure."""

from collections.abc import Container, Iterator

_FROM_FILE = (
    "each case begins with its first contact, is taken up and answered when its contacts say so "
    "(acknowledged_at, answered_at), and is open until then; nobody waits, extends, hands over or "
    "escalates"
)
_FROM_TOPIC = (
    "each case as it stands: waits, extensions, breaches taken back and answers are those that "
    "were, and a level or team that its contacts alone do not explain (a person, an escalation, "
    "an incident) stays"
)
_WHO_LEADS = (
    "the answer comes when it came, whoever leads: another team is taken to be neither faster nor "
    "slower, so of its cases only what goes by the team itself changes: its clock in its own "
    "hours, and the tasks of partners and regions"
)
_CAPACITY = (
    "every desk is empty when the replay begins, and a case lies on one until it is answered: "
    "where a team is full, the next one up has the case"
)
_NO_CAPACITY = "no team has a capacity, so none is ever full"
_FROM_NOTHING = "both sides decide from nothing: what came before the replay is not known to them"
_AS_ITS_CONTACTS = (
    "a case is taken up and answered when the cases were that its contacts are in today; nobody "
    "waits, extends, hands over or escalates"
)
_INCIDENTS = "incidents by the rule alone: those that people opened, ended or graded are not in it"
_NO_INCIDENTS = "no case is raised by an incident"
_ONE_RUN = "of each clock its newest run counts, and each task by itself"


def assumptions(kinds: Container[str], *, is_file: bool, has_capacities: bool) -> Iterator[str]:
    """Yield one sentence for each thing taken for granted with candidates of these kinds."""
    joins = "dedup" in kinds
    if joins:
        yield _FROM_NOTHING
    if is_file:
        yield _FROM_FILE
    else:
        yield _AS_ITS_CONTACTS if joins else _FROM_TOPIC
    if "routing" in kinds or "teams" in kinds:
        yield _WHO_LEADS
        yield _CAPACITY if has_capacities else _NO_CAPACITY
    if "incidents" in kinds:
        yield _INCIDENTS
    elif is_file or joins:
        yield _NO_INCIDENTS
    yield _ONE_RUN
