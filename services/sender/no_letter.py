"""Why there can be no letter."""


class NoLetter(Exception):
    """There is nobody to write to; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
