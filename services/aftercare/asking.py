"""Commands to cases over their topic, and how each ended, from the log of its case."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from schemas.cases import CaseCommand, CommandSettled
from schemas.vocabulary import Settlement
from services.aftercare.sweep import PENDING, SYSTEM, Answer, Asked
from services.domain.clock import Clock
from services.domain.errors import OutageError

ANSWER_SECONDS: Final = 8.0
"""How long a page of commands is waited for."""
RESEND_SECONDS: Final = 600.0
"""So long nothing new is asked while the workers of cases answer nothing at all."""
_PAUSE_SECONDS: Final = 0.2


class CommandTopic(Protocol):
    """Where commands go. :meth:`send` raises OutageError when Kafka does not take them."""

    def send(self, commands: Sequence[CaseCommand]) -> None: ...


Settled = Callable[[str, str, str], CommandSettled | None]
"""How a command ended, by tenant, case and command id; None while it is not known."""


class Desk:
    """Asks cases, a page at a time. While none of a page is answered it asks nothing more, so
    that nothing piles up before workers that stand still.

    ``keep`` is called before each page is sent; what it raises ends the pass. ``wait`` lets
    seconds pass and returns whether to stop.
    """

    def __init__(
        self,
        topic: CommandTopic,
        settled: Settled,
        clock: Clock,
        keep: Callable[[], None],
        wait: Callable[[float], bool],
    ) -> None:
        self._topic = topic
        self._settled = settled
        self._clock = clock
        self._keep = keep
        self._wait = wait
        self._unanswered: list[CaseCommand] = []
        self._asked_at = 0.0

    def ask(self, wanted: Sequence[Asked]) -> list[Answer]:
        """Send the commands and return how each ended; ``pending`` where that is not known in
        time.

        Raises:
            OutageError: Kafka or MongoDB is away, or nobody answers.
        """
        self._see_answers()
        self._keep()
        commands = [self._command(one) for one in wanted]
        self._topic.send(commands)
        self._asked_at = self._clock.monotonic()
        answers = self._answers(commands)
        if not answers:
            self._unanswered = commands
            raise _nobody(len(commands))
        return [answers.get(one.command_id, Answer(False, PENDING)) for one in commands]

    def _see_answers(self) -> None:
        """Let the workers answer what they were asked before; after a while ask anew."""
        if not self._unanswered:
            return
        is_late = self._clock.monotonic() - self._asked_at > RESEND_SECONDS
        if not is_late and not self._look(self._unanswered):
            raise _nobody(len(self._unanswered))
        self._unanswered = []

    def _answers(self, commands: Sequence[CaseCommand]) -> dict[str, Answer]:
        deadline = self._clock.monotonic() + ANSWER_SECONDS
        answers: dict[str, Answer] = {}
        while True:
            answers |= self._look([one for one in commands if one.command_id not in answers])
            is_over = len(answers) == len(commands) or self._clock.monotonic() > deadline
            if is_over or self._wait(_PAUSE_SECONDS):
                return answers

    def _look(self, commands: Sequence[CaseCommand]) -> dict[str, Answer]:
        found: dict[str, Answer] = {}
        for one in commands:
            settled = self._settled(one.tenant, one.case_id, one.command_id)
            if settled is not None:
                is_accepted = settled.settlement is Settlement.ACCEPTED
                found[one.command_id] = Answer(is_accepted, str(settled.refusal or "accepted"))
        return found

    def _command(self, asked: Asked) -> CaseCommand:
        return CaseCommand(
            tenant=asked.state.tenant,
            case_id=asked.state.case_id,
            command_id=asked.key,
            kind=asked.kind,
            actor=SYSTEM,
            issued_at=self._clock.now(),
            expected_seq=asked.state.seq,
        )


def _nobody(commands: int) -> OutageError:
    return OutageError("cases", f"none of {commands} commands is answered")
