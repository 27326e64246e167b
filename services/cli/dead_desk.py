"""Dead letters where they lie and what became of them: Kafka and MongoDB put together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.codec import decode
from schemas.contacts import ContactReceived
from schemas.errors import MalformedRecordError
from services.adapters.kafka_admin import admin_of
from services.adapters.mongo import open_database
from services.adapters.mongo_dedup import MongoDedupStore
from services.adapters.mongo_letters import MongoLetterStore
from services.audit.topic_reader import TopicReader
from services.cli.dead_filter import Wanted
from services.cli.dead_logic import Again, DeadLetterError, Letter, case_of
from services.cli.dead_topics import DeadTopics, produce_again
from services.domain.dedup_store import DedupStore
from services.domain.letter_store import LetterEnd, LetterFate, LetterStore
from services.runtime.settings import Settings


@dataclass(slots=True)
class Desk:
    """What the commands work with; ``ends`` are by the place where a letter lies."""

    settings: Settings
    topics: DeadTopics
    store: LetterStore
    ends: dict[str, LetterEnd]
    decided: DedupStore

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
        """Give letters up; return, by place, how those ended that had an end before.

        Raises:
            DeadLetterError: dedup knows one of their contacts, from the very record that died.
        """
        known = self.known(letters)
        if known:
            raise DeadLetterError(
                f"{known[0].id}: a worker that was given up for dead decided about it after it "
                "died, so its contact would be absorbed when it is sent again; replay it instead"
            )
        ends = [
            _end(letter, LetterFate.DISCARDED, by, note, case_of(letter, self.settings.prefix))
            for letter in letters
        ]
        return {end.place: end for end in self.store.discarded(ends)}

    def known(self, letters: Sequence[Letter]) -> list[Letter]:
        """Return the letters whose contact the ledger has from a record that died (ADR 0036): from
        the letter's own, or from another of its contact, which was replayed and died again."""
        # Of one contact there may be several: it was sent again, and died again.
        contacts = [(key, letter) for letter in letters if (key := _contact_key(letter))]
        rows = self.decided.rows({key for key, _ in contacts}) if contacts else {}
        died = self._died() if rows else frozenset()
        return [letter for key, letter in contacts if key in rows and rows[key].source in died]

    def _died(self) -> frozenset[str]:
        """Return where the records stood that ever died; Kafka deletes their letters in time, the
        ends of those stay."""
        lying = {letter.facts.source for letter in self.topics.all() if letter.facts}
        return frozenset(lying.union(end.source for end in self.ends.values()))


def _contact_key(letter: Letter) -> str | None:
    """Return the ledger's key of a contact that died before dedup decided about it."""
    try:
        contact = decode(ContactReceived, letter.value)
    except MalformedRecordError:
        return None
    return f"{contact.tenant}|{contact.contact_id}"


def _end(
    letter: Letter, fate: LetterFate, by: str, note: str, case: str | None = None
) -> LetterEnd:
    source = letter.facts.source if letter.facts else ""
    return LetterEnd(letter.place, letter.id, fate, source, by, datetime.now(UTC), note, case)


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
            topics = DeadTopics(settings, admin, reader)
            yield Desk(settings, topics, store, ends, MongoDedupStore(database))
    finally:
        database.client.close()
