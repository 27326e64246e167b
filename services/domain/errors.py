"""Every error of ours, in one tree.

::

    ValueError
    └── schemas.errors.MalformedRecordError   bytes that break their contract: poison
    ComplaintsError
    ├── CalendarError      working time that cannot be reckoned: the budget or calendar is wrong
    ├── ClockRefused       an event contradicts the clocks of its case, or no limit is known
    ├── PoisonError        this record can never be processed: dead letter
    ├── OutageError        a backing service is away: pause, keep polling, try again
    ├── TransactionLost    a Kafka transaction did not commit for sure: new producer, rewind
    ├── ConflictPersists   another writer won again and again: treated like an outage
    ├── HalfDone           a defect met a record that took effect already: like an outage
    └── UnsafeStart        going on could lose or double records: refuse, raise an alarm
        └── SettingsError  the configuration is missing something or contradicts itself

On the case path a failure is poison or outage; there is no third way. What is neither
(a defect of ours) is isolated to the single record that provokes it and then treated as
poison, with the breaker of ``services.runtime.breaker`` against a flood. A record whose
decision is stored is never buried: nobody would hear of its effect (:class:`HalfDone`).
"""


class ComplaintsError(Exception):
    """Root of our own errors."""


class CalendarError(ComplaintsError):
    """Working time cannot be reckoned so. Nothing was guessed.

    Attributes:
        rule: stable code: ``never_opens``, ``beyond_horizon``, ``budget_negative``,
            ``out_of_range``, ``pause_order``, ``pause_out_of_range``, ``unknown_calendar``.
    """

    def __init__(self, rule: str, problem: str) -> None:
        super().__init__(f"{problem} ({rule})")
        self.rule = rule
        self.problem = problem


class ClockRefused(ComplaintsError):
    """The clocks of a case do not allow this; nothing was changed.

    Attributes:
        rule: stable code: ``already_running``, ``not_running``, ``extension_reason`` …
    """

    def __init__(self, rule: str, problem: str) -> None:
        super().__init__(f"{problem} ({rule})")
        self.rule = rule
        self.problem = problem


class PoisonError(ComplaintsError):
    """This one record can never be processed.

    Attributes:
        field: dotted path of the offending field, ``""`` for the whole record.
        rule: stable code of the broken rule.
    """

    def __init__(self, field: str, rule: str, problem: str) -> None:
        super().__init__(f"{field or 'record'}: {problem} ({rule})")
        self.field = field
        self.rule = rule
        self.problem = problem


class OutageError(ComplaintsError):
    """A backing service cannot do its part now. Nothing is wrong with the records.

    Attributes:
        service: ``mongodb``, ``kafka``, or a worker that does not answer.
    """

    def __init__(self, service: str, problem: str) -> None:
        super().__init__(f"{service}: {problem}")
        self.service = service


class TransactionLost(ComplaintsError):
    """The transaction was aborted, fenced, or its fate is unknown; the caller recovers."""


class ConflictPersists(OutageError):
    """Another writer won every attempt; back off and let the group settle."""


class HalfDone(OutageError):
    """A defect of ours met a record whose decision is stored but not produced. Until it is
    mended the worker stands still: going on would leave a gap."""


class UnsafeStart(ComplaintsError):
    """Starting or going on could lose or double records; a person must look."""


class SettingsError(UnsafeStart):
    """The configuration is missing something or contradicts itself."""
