"""Dead letters where they lie and what became of them: Kafka and MongoDB put together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from services.adapters.kafka_admin import admin_of
from services.adapters.mongo import open_database
from services.adapters.mongo_letters import MongoLetterStore
from services.audit.topic_reader import TopicReader
from services.cli.dead_filter import Wanted
from services.cli.dead_logic import Again, Letter
from services.cli.dead_topics import DeadTopics, produce_again
from services.domain.letter_store import LetterEnd, LetterFate, LetterStore
from services.runtime.settings import Settings


@dataclass(slots=True)
class Desk:
    """What the commands work with; ``ends`` are by the place where a letter lies."""

    settings: Settings
    topics: DeadTopics
    store: LetterStore
    ends: dict[str, LetterEnd]

    def matching(self, wanted: Wanted) -> list[Letter]:
        """Return the letters asked for."""
        return [letter for letter in self.topics.all() if wanted.matches(letter)]

    def replay(self, again: Sequence[Again], by: str) -> list[tuple[Letter, str]]:
        """Produce letters again and write that down; return each with where it stands now.

        Should the second fail, a letter looks open: replaying it once more does no harm.
        """
        placed = produce_again(self.settings.kafka, again)
        done = [(one.letter, place) for one, place in zip(again, placed, strict=True)]
        self.store.replayed(
            [_end(letter, LetterFate.REPLAYED, by, place) for letter, place in done]
        )
        return done

    def discard(self, letters: Sequence[Letter], by: str, note: str) -> dict[str, LetterEnd]:
        """Give letters up; return, by place, how those ended that had an end before."""
        ends = [_end(letter, LetterFate.DISCARDED, by, note) for letter in letters]
        return {end.place: end for end in self.store.discarded(ends)}


def _end(letter: Letter, fate: LetterFate, by: str, note: str) -> LetterEnd:
    source = letter.facts.source if letter.facts else ""
    return LetterEnd(letter.place, letter.id, fate, source, by, datetime.now(UTC), note)


@contextmanager
def opened(settings: Settings) -> Iterator[Desk]:
    """Yield the desk of an installation.

    Raises:
        OutageError: Kafka or MongoDB is away.
    """
    database = open_database(settings.mongo, settings.database)
    try:
        store = MongoLetterStore(database)
        with admin_of(settings.kafka) as admin, TopicReader(settings.kafka) as reader:
            ends = {end.place: end for end in store.ends()}
            yield Desk(settings, DeadTopics(settings, admin, reader), store, ends)
    finally:
        database.client.close()
