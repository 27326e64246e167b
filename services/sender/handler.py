"""A batch of notices: claim, send, write down, settle; in waves, within a time budget.

Idempotent: what was sent is found by its result. Whatever stops the batch half-way, a
database or a provider that is away, is an outage: the batch comes again and goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from schemas.codec import decode, encode
from schemas.errors import MalformedRecordError
from schemas.keys import case_key
from schemas.notices import NoticeRequested
from schemas.vocabulary import NoticeChannel, NoticeKind
from services.domain.clock import Clock
from services.domain.errors import OutageError
from services.domain.notice_fates import Settle
from services.domain.send_store import Attempt, Claim, Outcome, Result, SendStore
from services.runtime.crashpoints import CrashPoints, never
from services.runtime.records import DeadLetter, DeadReason, Handled, Inbound, Outbound, Positions
from services.sender.breaker import ProviderBreaker
from services.sender.channels.port import Answer, Channel, Letter
from services.sender.journal import Journal
from services.sender.letters import NoLetter
from services.sender.logic import given_up, next_attempt, next_step, refusals, settled
from services.sender.policy import SendingPolicy

CHANNEL_OFF: Final = "channel_off"
Sending = tuple[Channel, Letter]


class Pool(Protocol):
    """Makes calls side by side."""

    def send_all(self, sendings: Sequence[Sending], seconds: float) -> list[Answer]:
        """Return the answer to each; UNKNOWN for a call that is not back after ``seconds``."""
        ...


class Writer(Protocol):
    """Writes the letters of a batch."""

    def letters(self, notices: Sequence[NoticeRequested]) -> list[Letter | NoLetter]:
        """Return the letter of each notice, or why there can be none."""
        ...


class Outside(NamedTuple):
    """Everything a sender works with. A channel that is off is not among ``channels``."""

    store: SendStore
    writer: Writer
    channels: Mapping[NoticeChannel, Channel]
    pool: Pool
    clock: Clock
    pause: Callable[[float], None]


@dataclass(slots=True)
class Task:
    """A notice of the batch on its way. ``due`` is the monotonic second of its next attempt."""

    notice: NoticeRequested
    attempts: list[Attempt] = field(default_factory=list)
    letter: Letter | None = None
    end: Settle | None = None
    due: float = 0.0

    @property
    def key(self) -> str:
        return case_key(self.notice.tenant, self.notice.case_id).decode()


class SenderHandler:
    """See :class:`services.runtime.ports.Handler`. ``owner`` names this process in claims."""

    def __init__(
        self,
        outside: Outside,
        policy: SendingPolicy,
        owner: str,
        at_once: int,
        settled_topic: str,
        crash: CrashPoints = never,
    ) -> None:
        self._outside = outside
        self._clock = outside.clock
        self._policy = policy
        self._owner = owner
        self._at_once = at_once
        self._topic = settled_topic
        self._crash = crash
        self._journal = Journal(outside.store, owner, outside.clock)
        self._breakers = {name: ProviderBreaker(one) for name, one in policy.channels.items()}
        self._troubles: dict[NoticeChannel, str] = {}

    def handle(self, batch: Sequence[Inbound], positions: Positions) -> Handled:
        """See the port; sender needs no positions."""
        handled = Handled()
        until = self._clock.monotonic() + self._policy.budget_seconds
        tasks = self._read(batch, handled)
        if tasks:
            self._look_up(tasks)
            self._write_letters([task for task in tasks if not self._is_over(task)])
        while waiting := [task for task in tasks if not self._is_over(task)]:
            self._wave(waiting, until)
        self._give_up(tasks)
        for task in tasks:
            if task.end is not None:
                handled.outcomes[f"{task.notice.channel}_{task.end.state}"] += 1
                value = encode(settled(task.notice, task.end))
                handled.outbound.append(Outbound(self._topic, task.key.encode(), value))
        return handled

    def _read(self, batch: Sequence[Inbound], handled: Handled) -> list[Task]:
        tasks: dict[str, Task] = {}
        for inbound in batch:
            try:
                notice = _sendable(decode(NoticeRequested, inbound.value))
            except MalformedRecordError as error:
                handled.dead.append(
                    DeadLetter(inbound, DeadReason.MALFORMED, str(error), error.field, error.rule)
                )
                continue
            tasks.setdefault(notice.notice_id, Task(notice))
        return list(tasks.values())

    # ------------------------------------------------------------------ what is known

    def _look_up(self, tasks: Sequence[Task]) -> None:
        known = self._journal.look_up(task.notice.notice_id for task in tasks)
        for task in tasks:
            task.attempts = known.get(task.notice.notice_id, [])

    def _is_over(self, task: Task) -> bool:
        channel = task.notice.channel
        step = next_step(
            task.notice,
            task.attempts,
            self._policy.channels[channel],
            provider_works=self._breakers[channel].works(self._clock.monotonic()),
            now=self._clock.now(),
        )
        task.end = step if isinstance(step, Settle) else None
        return task.end is not None

    def _write_letters(self, tasks: Sequence[Task]) -> None:
        """Write what can be written; what cannot be sent ends here, with the reason."""
        reachable = [task for task in tasks if task.notice.channel in self._outside.channels]
        letters = self._outside.writer.letters([task.notice for task in reachable])
        nowhere = [
            (t, CHANNEL_OFF) for t in tasks if t.notice.channel not in self._outside.channels
        ]
        for task, letter in zip(reachable, letters, strict=True):
            if isinstance(letter, NoLetter):
                nowhere.append((task, letter.reason))
            else:
                task.letter = letter
        now = self._clock.now()
        self._learn(
            [
                (task, Result(task.notice.notice_id, 0, Outcome.SUPPRESSED, reason, now))
                for task, reason in nowhere
            ]
        )

    def _learn(self, results: Sequence[tuple[Task, Result]]) -> None:
        """Write results down, and take over what stands."""
        winners = self._journal.save([result for _, result in results])
        for task, result in results:
            task.attempts.append(Attempt(result.attempt, None, winners[result.key]))

    def _give_up(self, tasks: Sequence[Task]) -> None:
        """Write down which notices end by a rule: seldom, so it costs nothing."""
        ended = [
            (task, result)
            for task in tasks
            if task.end is not None
            and (result := given_up(task.notice, task.attempts, task.end)) is not None
        ]
        if ended:
            self._learn(ended)
            for task, _ in ended:
                self._is_over(task)

    # ------------------------------------------------------------------ sending

    def _wave(self, waiting: Sequence[Task], until: float) -> None:
        now = self._clock.monotonic()
        ready = self._ready(waiting, now)
        if not ready:
            self._wait(waiting, now, until)
            return
        if now >= until:
            raise OutageError("sender", f"slow: {len(waiting)} notices of the batch wait")
        claims = {
            task.notice.notice_id: Claim(
                task.notice.notice_id,
                next_attempt(task.attempts),
                task.key,
                task.notice.channel,
                self._owner,
                self._clock.now(),
            )
            for task in ready
        }
        ours = self._journal.claim(list(claims.values()))
        self._crash("after_claims")
        won = [task for task in ready if claims[task.notice.notice_id].key in ours]
        lost = [task for task in ready if task not in won]
        if lost:
            self._look_up(lost)
            for task in lost:
                task.due = now + self._policy.channels[task.notice.channel].pause_after(1)
        self._journal.begin(ours)
        answers = self._outside.pool.send_all(
            [(self._outside.channels[task.notice.channel], _letter(task)) for task in won],
            self._policy.call_seconds,
        )
        self._crash("after_send")
        ended = self._clock.now()
        results = []
        for task, answer in zip(won, answers, strict=True):
            self._note(task, answer)
            attempt = claims[task.notice.notice_id].attempt
            result = Result(task.notice.notice_id, attempt, answer.outcome, answer.reason, ended)
            results.append((task, result))
        self._learn(results)

    def _ready(self, waiting: Sequence[Task], now: float) -> list[Task]:
        """Return whom to send to now: those first that were tried least, so that a provider
        that was away is tried with another notice each time."""
        left = {name: breaker.allows(now) for name, breaker in self._breakers.items()}
        ready: list[Task] = []
        for task in sorted(waiting, key=lambda task: len(task.attempts)):
            allowed = left[task.notice.channel]
            if task.due > now or allowed == 0 or len(ready) >= self._at_once:
                continue
            if allowed is not None:
                left[task.notice.channel] = allowed - 1
            ready.append(task)
        return ready

    def _wait(self, waiting: Sequence[Task], now: float, until: float) -> None:
        """Wait for the next back-off to end; put the batch off when that is too long, or when
        all that is left waits for providers that are away."""
        due = [task.due for task in waiting if self._breakers[task.notice.channel].allows(now) != 0]
        if due and min(due) < until:
            self._outside.pause(max(0.0, min(due) - now))
            return
        channel = waiting[0].notice.channel
        reason = self._troubles.get(channel, "in trouble")
        raise OutageError(channel, f"{reason}; {len(waiting)} notices wait")

    def _note(self, task: Task, answer: Answer) -> None:
        """Take in what an answer says of the provider, and when to try this notice again."""
        channel, now = task.notice.channel, self._clock.monotonic()
        self._breakers[channel].note(answer.outcome, answer.retry_after, now)
        if answer.outcome not in (Outcome.SENT, Outcome.FAILED):
            self._troubles[channel] = answer.reason
        refused = refusals(task.attempts) + (answer.outcome is Outcome.REFUSED)
        task.due = now + self._policy.channels[channel].pause_after(refused)


def _sendable(notice: NoticeRequested) -> NoticeRequested:
    """Refuse what only a newer version can send; its dead letter waits for that version."""
    if notice.kind is NoticeKind.UNKNOWN:
        raise MalformedRecordError("kind", "not_sendable", "a kind of a newer version")
    if notice.channel not in (NoticeChannel.EMAIL, NoticeChannel.WEBHOOK):
        raise MalformedRecordError("channel", "not_sendable", "no channel of this version")
    return notice


def _letter(task: Task) -> Letter:
    if task.letter is None:
        raise ValueError("a task is sent before its letter was written")
    return task.letter
