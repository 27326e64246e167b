"""What stops a worker has a name, whoever says it."""

import pytest

from schemas.notice_words import NoticeChannel
from services.adapters.pulse import ALIVE_SECONDS, Pulse
from services.domain.errors import ConflictPersists, HalfDone, OutageError
from services.domain.switch_store import Pause
from services.runtime.process import Standing
from services.runtime.troubles import Trouble, trouble_of
from services.sender.waves import PutOff
from services.trends.pulse import Pulse as TrendsPulse
from tests.support.builders import NOON
from tests.support.manual_clock import ManualClock


@pytest.mark.parametrize(
    ("sentence", "trouble"),
    [
        (str(OutageError("kafka", "no broker answers")), Trouble.KAFKA),
        (str(OutageError("mongodb", "no primary")), Trouble.MONGODB),
        (str(ConflictPersists("mongodb", "lost a case to another writer")), Trouble.MONGODB),
        (str(OutageError("cases", "none of 3 commands is answered")), Trouble.CASES),
        (str(PutOff("sender", "another process may be sending it")), Trouble.PROVIDER),
        (str(HalfDone("handler", "TypeError at a record")), Trouble.DEFECT),
        (str(OutageError("policies", "a file changed each time")), Trouble.OTHER),
        (Pause("cases", "li", NOON, "kafka: index").words, Trouble.PAUSED),
        ("kafka and mongodb away", Trouble.KAFKA_AND_MONGODB),
        ("kafka away", Trouble.KAFKA),
        ("mongodb away", Trouble.MONGODB),
        ("", None),
    ],
)
def test_a_sentence_tells_its_trouble(sentence: str, trouble: Trouble | None) -> None:
    assert trouble_of(sentence) is trouble


@pytest.mark.parametrize("channel", NoticeChannel)
def test_a_notice_that_is_put_off_waits_for_a_provider(channel: NoticeChannel) -> None:
    assert trouble_of(str(PutOff(channel, "in trouble; 3 notices wait"))) is Trouble.PROVIDER


def test_a_worker_says_that_it_starts_hangs_and_stops() -> None:
    clock = ManualClock()
    pulse, trends = Pulse(clock), TrendsPulse(clock)
    for one in (pulse, trends, Standing()):
        assert trouble_of(one.health().detail) is Trouble.STARTING
    clock.advance(ALIVE_SECONDS + 1)
    for one in (pulse, trends):
        assert trouble_of(one.health().detail) is Trouble.HANGS
    trends.beat()
    trends.trouble = ""
    trends.stopping()
    assert trouble_of(trends.health().detail) is Trouble.STOPPING
