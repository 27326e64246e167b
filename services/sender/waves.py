"""Sends what is ready, in waves as wide as the pool: claims before, results after.

How many notices a process that dies leaves in doubt is said in ADR 0038.
"""

from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import Final, NamedTuple

from services.domain.errors import OutageError
from services.domain.notice_fates import LEFT_ALONE
from services.domain.provider_names import giver_of
from services.domain.send_store import Attempt, Claim, Outcome, Result
from services.runtime.crashpoints import CrashPoints, never
from services.sender.breaker import Provider
from services.sender.channels.port import Answer
from services.sender.channels.timed import TimedChannel
from services.sender.journal import Journal
from services.sender.logic import Send, night_ends, refusals
from services.sender.outside import Outside
from services.sender.planner import Planner
from services.sender.policy import SendingPolicy
from services.sender.providers import Providers
from services.sender.tasks import Task

CAPPED: Final = "capped"
_LOOK_AT_NIGHT_SECONDS: Final = 300.0
"""How often it is looked at whether the night is over: a demo may have moved its clock on."""
_NOT_ARRIVED: Final = frozenset({Outcome.AWAY, Outcome.REFUSED, Outcome.FAILED})

Ready = tuple[Task, Send]


class PutOff(OutageError):
    """The rest of the notices cannot go now: their providers are away, slow or rationed."""


class Process(NamedTuple):
    """Who sends: ``owner`` names the process in claims, ``at_once`` is the width of a wave."""

    owner: str
    at_once: int
    crash: CrashPoints = never


class Waves:
    """Knows what goes out next, and what came of it."""

    def __init__(
        self,
        outside: Outside,
        policy: SendingPolicy,
        planner: Planner,
        journal: Journal,
        providers: Providers,
        process: Process,
    ) -> None:
        self._outside = outside
        self._clock = outside.clock
        self._policy = policy
        self._planner = planner
        self._journal = journal
        self._providers = providers
        self._owner, self._at_once, self._crash = process

    def send(
        self, waiting: Sequence[Task], until: float, patient_until: float | None = None
    ) -> list[Task]:
        """Send to some of ``waiting``, or wait a while; return those about which more is known.
        With ``patient_until`` pauses end by then, and who is slow is left to others.

        Raises:
            PutOff: none of them can go now.
        """
        now = self._clock.monotonic()
        is_patient = patient_until is None
        # Nobody is made ready in vain: it would use up a cap of its address.
        ready = self._ready(waiting, now, is_patient) if now < until else []
        if not ready:
            self._wait(waiting, now, until if patient_until is None else patient_until, is_patient)
            return list(waiting)
        won, lost = self._claim(ready, now)
        answers = self._outside.pool.send_all(
            [(self._timed(task, step), task.letters[step.channel]) for task, step in won],
            self._policy.call_seconds,
        )
        self._crash("after_send")
        self._take_in(won, answers)
        return [*lost, *(task for task, _ in won)]

    def _claim(self, ready: Sequence[Ready], now: float) -> tuple[list[Ready], list[Task]]:
        """Claim the attempts; return those that are ours, and the notices that another has."""
        at = self._clock.now()
        claims = [
            Claim(
                task.notice.notice_id,
                step.attempt,
                task.key,
                step.channel,
                self._owner,
                at,
                task.letters[step.channel].index or None,
                task.letters[step.channel].texts or None,
            )
            for task, step in ready
        ]
        try:
            ours = self._journal.claim(claims)
        except OutageError:
            for task, step in ready:
                self._give_back(task, step)
            raise
        self._crash("after_claims")
        won, lost = [], []
        for one, claim in zip(ready, claims, strict=True):
            task, step = one
            if claim.key in ours:
                won.append(one)
                task.attempts.append(Attempt(step.attempt, claim, None))
            else:
                lost.append(task)
                task.due = now + self._policy.channels[step.channel].pause_after(1)
        if lost:
            ours_too = set(map(id, self._planner.look_up(lost)))
            for task in lost:
                if id(task) not in ours_too:
                    task.due = inf
        self._journal.begin(ours)
        return won, lost

    def _take_in(self, won: Sequence[Ready], answers: Sequence[Answer]) -> None:
        ended = self._clock.now()
        results = []
        for (task, step), answer in zip(won, answers, strict=True):
            self._note(task, step, answer)
            results.append((task, self._result(task, step, answer, ended)))
        self._planner.learn(results)

    def _result(self, task: Task, step: Send, answer: Answer, at: datetime) -> Result:
        known, attempt = answer.provider_id, step.attempt
        name = self._providers.name(step.channel, task.notice.recipient)
        giver = None if known is None else giver_of(step.channel, name)
        return Result(
            task.notice.notice_id, attempt, answer.outcome, answer.reason, at, known, giver
        )

    def _ready(self, waiting: Sequence[Task], now: float, is_patient: bool) -> list[Ready]:
        """Return whom to send to now: those first that were tried least, so that a provider that
        was away is tried with another notice each time. Who had enough for now rests, and so does
        who is left alone at night."""
        left: dict[Provider, int] = {}
        ready: list[Ready] = []
        at = self._clock.now()
        for task in sorted(waiting, key=lambda task: len(task.attempts)):
            step = task.step
            if not isinstance(step, Send) or max(task.due, task.rests_until) > now:
                continue
            if (morning := night_ends(task.notice, at)) is not None:
                left_alone = (morning - at).total_seconds()
                task.rests_until = now + min(left_alone, _LOOK_AT_NIGHT_SECONDS)
                continue
            provider = self._provider(task, step)
            if provider not in left:
                left[provider] = provider.allows(now) if is_patient or not provider.is_slow else 0
            if left[provider] <= 0:
                continue
            if len(ready) >= self._at_once:
                break
            free = provider.take(task.letters[step.channel].address, task.passes_caps, now)
            if free is not None:
                task.rests_until = free
                continue
            left[provider] -= 1
            ready.append((task, step))
        return ready

    def _provider(self, task: Task, step: Send) -> Provider:
        return self._providers.of(step.channel, task.notice.recipient)

    def _timed(self, task: Task, step: Send) -> TimedChannel:
        outside, provider = self._outside, self._provider(task, step)

        def is_night() -> bool:
            return night_ends(task.notice, self._clock.now()) is not None

        return TimedChannel(step.channel, outside.channels, provider, outside.clock, is_night)

    def _wait(self, waiting: Sequence[Task], now: float, until: float, is_patient: bool) -> None:
        """Wait for the next back-off to end; put the batch off when that is too long, or when
        all that is left waits for providers that are away, or rests: a cap may last for hours,
        and whoever pauses for one address holds up the others."""
        awake = [task for task in waiting if task.rests_until <= now]
        if not awake:
            raise PutOff(waiting[0].notice.channel, f"{CAPPED}; {len(waiting)} notices wait")
        due = [
            max(task.due, provider.free_at(now))
            for task in awake
            if isinstance(task.step, Send)
            and (provider := self._provider(task, task.step)).breaker.allows(now) != 0
            and (is_patient or not provider.is_slow)
        ]
        if due and min(due) < until:
            self._outside.pause(max(0.001, min(due) - now))
            return
        first = awake[0].step
        channel = first.channel if isinstance(first, Send) else awake[0].notice.channel
        provider = self._providers.of(channel, awake[0].notice.recipient)
        trouble = "slow or rationed" if due else provider.trouble
        whose = f"{provider.name}: " if provider.name else ""
        raise PutOff(channel, f"{whose}{trouble}; {len(waiting)} notices wait")

    def _note(self, task: Task, step: Send, answer: Answer) -> None:
        """Take in what an answer says of the provider, and when to try this notice again."""
        now = self._clock.monotonic()
        provider = self._provider(task, step)
        if answer.reason == LEFT_ALONE:
            self._give_back(task, step)
            task.due = now
            return
        provider.note(answer.outcome, answer.reason, answer.retry_after, now)
        if answer.outcome in _NOT_ARRIVED:
            self._give_back(task, step)
        refused = refusals(task.attempts) + (answer.outcome is Outcome.REFUSED)
        pause = self._policy.channels[step.channel].pause_after(refused, self._outside.chance())
        task.due = now + pause

    def _give_back(self, task: Task, step: Send) -> None:
        """What used up a cap of its address did not get there."""
        if not task.passes_caps:
            self._provider(task, step).take_back(task.letters[step.channel].address)
