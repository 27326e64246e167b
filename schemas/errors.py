"""What can be wrong with bytes that claim to be one of our records."""


class MalformedRecordError(ValueError):
    """A record that does not follow its contract; retrying cannot mend it.

    Attributes:
        field: dotted path of the first offending field, ``""`` for the whole record.
        rule: the broken rule as a short stable code (``json_invalid``, ``too_long``,
            ``unknown_field`` …), fit for a metric label and a dead letter's header.
        problem: one sentence for a person. It never quotes the offending value,
            which may be personal data.
    """

    def __init__(self, field: str, rule: str, problem: str) -> None:
        super().__init__(f"{field or 'record'}: {problem} ({rule})")
        self.field = field
        self.rule = rule
        self.problem = problem
