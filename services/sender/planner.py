"""Finds out what is to be done about each notice, and writes what that takes."""

from collections.abc import Sequence
from typing import Final

from schemas.notice_words import NoticeChannel
from services.domain.notice_fates import Settle, final_of, rule_number
from services.domain.send_store import Attempt, Outcome, Result
from services.sender.journal import Journal
from services.sender.logic import Known, Send, given_up, next_step
from services.sender.no_letter import NoLetter
from services.sender.outside import Outside
from services.sender.policy import SendingPolicy
from services.sender.providers import Providers
from services.sender.tasks import Task

NOT_FOR_IT: Final = "not_for_this_channel"


class Planner:
    """Between the pure rules and the stores."""

    def __init__(
        self, outside: Outside, policy: SendingPolicy, journal: Journal, providers: Providers
    ) -> None:
        self._outside = outside
        self._policy = policy
        self._journal = journal
        self._providers = providers

    def look_up(self, tasks: Sequence[Task]) -> list[Task]:
        """Take over what is stored about the notices; return those that nobody else has in hand."""
        known, elsewhere = self._journal.look_up(task.notice.notice_id for task in tasks)
        for task in tasks:
            task.attempts = known.get(task.notice.notice_id, [])
            task.drop_other_words()
        return [task for task in tasks if task.notice.notice_id not in elsewhere]

    def call_off(self, tasks: Sequence[Task]) -> None:
        """End what is not to be sent any more, and was not."""
        self.suppress(
            [(one, one.called_off) for one in tasks if one.called_off and not one.attempts]
        )

    def decide(self, tasks: Sequence[Task]) -> None:
        """Set each task's next step, with the letter that it takes. A notice that can go nowhere
        ends here, with the reason."""
        left = list(tasks)
        while left:
            missing: list[tuple[Task, NoticeChannel]] = []
            nowhere: list[Task] = []
            for task in left:
                task.step = self._step(task)
                if task.step is None:
                    nowhere.append(task)
                elif isinstance(task.step, Send) and task.step.channel not in task.letters:
                    missing.append((task, task.step.channel))
            self.suppress([(task, task.why_nowhere) for task in nowhere])
            self._write(missing)
            left = [*nowhere, *(task for task, _ in missing)]

    def suppress(self, tasks: Sequence[tuple[Task, str]]) -> None:
        """End notices without asking a provider."""
        now = self._outside.clock.now()
        self.learn(
            [
                (
                    task,
                    Result(
                        # Under 0 an older end may stand that somebody's word has undone since.
                        task.notice.notice_id,
                        rule_number(task.attempts),
                        Outcome.SUPPRESSED,
                        reason,
                        now,
                    ),
                )
                for task, reason in tasks
            ]
        )

    def learn(self, results: Sequence[tuple[Task, Result]]) -> None:
        """Write results down, and take over what stands."""
        if not results:
            return
        winners = self._journal.save([result for _, result in results])
        for task, result in results:
            known = {one.number: one.claim for one in task.attempts}
            claim = known.get(result.attempt)
            others = [one for one in task.attempts if one.number != result.attempt]
            task.attempts = sorted(
                [*others, Attempt(result.attempt, claim, winners[result.key])],
                key=lambda one: one.number,
            )

    def give_up(self, tasks: Sequence[Task]) -> None:
        """Write down which notices end by a rule: seldom, so it costs nothing."""
        ended = [
            (task, result)
            for task in tasks
            if task.end is not None
            and (result := given_up(task.notice, task.attempts, task.end, self._policy)) is not None
        ]
        self.learn(ended)
        for task, _ in ended:
            task.step = self._step(task)

    def abandon(self, tasks: Sequence[Task], reason: str) -> None:
        """End notices by a defect of ours: failed, unless an attempt may have arrived."""
        now = self._outside.clock.now()
        self.learn(
            [
                (
                    task,
                    Result(
                        task.notice.notice_id,
                        rule_number(task.attempts),
                        Outcome.GIVEN_UP,
                        reason,
                        now,
                    ),
                )
                for task in tasks
            ]
        )
        for task in tasks:
            task.step = final_of(task.attempts)

    def _step(self, task: Task) -> Send | Settle | None:
        known = Known(
            self._policy,
            frozenset(self._outside.channels.keys() - task.closed.keys()),
            lambda channel: self._works(channel, task.notice.recipient),
            self._outside.clock.now(),
            lambda channel: self._away_for(channel, task.notice.recipient),
        )
        return next_step(task.notice, task.attempts, known)

    def _works(self, channel: NoticeChannel, recipient: str) -> bool:
        provider = self._providers.of(channel, recipient)
        return provider.breaker.works(self._outside.clock.monotonic())

    def _away_for(self, channel: NoticeChannel, recipient: str) -> float:
        provider = self._providers.of(channel, recipient)
        return provider.breaker.away_for(self._outside.clock.monotonic())

    def _takes(self, task: Task, channel: NoticeChannel) -> bool:
        """Close the channel to a notice that it is not for."""
        if self._policy.channels[channel].takes(task.notice):
            return True
        task.closed[channel] = NOT_FOR_IT
        return False

    def _write(self, missing: Sequence[tuple[Task, NoticeChannel]]) -> None:
        missing = [one for one in missing if self._takes(*one)]
        if not missing:
            return
        asked = [
            task.notice
            if task.notice.channel is channel
            else task.notice.model_copy(update={"channel": channel})
            for task, channel in missing
        ]
        editions = [task.texts for task, _ in missing]
        letters = self._outside.writer.letters(asked, editions)
        for (task, channel), letter in zip(missing, letters, strict=True):
            if isinstance(letter, NoLetter):
                task.closed[channel] = letter.reason
            else:
                task.letters[channel] = letter
