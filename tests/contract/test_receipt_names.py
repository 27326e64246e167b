"""What providers call a message leads to the attempt that they mean, in memory and on MongoDB."""

import pytest

from services.adapters.memory_sends import MemorySendStore
from services.adapters.mongo_sends import MongoSendStore
from services.domain.send_store import Claim, Outcome, Result, SendStore
from tests.support.builders import at


@pytest.fixture
def sends(backend: str, request: pytest.FixtureRequest) -> SendStore:
    if backend == "memory":
        return MemorySendStore()
    return MongoSendStore(request.getfixturevalue("database"))


def test_a_receipt_finds_its_attempt_by_the_providers_own_name(sends: SendStore) -> None:
    sends.claim([Claim("N1", 2, "t|c1", "sms", "me", at())])
    sends.record([Result("N1", 2, Outcome.SENT, "sent", at(), "provider-7")])
    assert sends.attempts_called("provider-7") == {"": ("N1", 2)}
    assert sends.attempts_called("provider-8") == {}
    (attempt,) = sends.attempts(["N1"])["N1"]
    assert attempt.result == Result("N1", 2, Outcome.SENT, "sent", at(), "provider-7")
    sends.record([Result("N2", 1, Outcome.SENT, "sent", at(days=9), "provider-7")])
    assert sends.attempts_called("provider-7") == {"": ("N2", 1)}  # its counter began anew


def test_providers_that_use_the_same_name_are_told_apart(sends: SendStore) -> None:
    rows = [("N1", 3, "sms"), ("N2", 2, "sms"), ("N3", 4, "voice"), ("N4", 1, "sms/north")]
    made = [
        Result(name, 1, Outcome.SENT, "sent", at(days=day), "7", giver) for name, day, giver in rows
    ]
    sends.record([*made, Result("N5", 1, Outcome.SENT, "sent", at(days=9), "8", "sms")])
    assert sends.attempts_called("7") == {
        "sms": ("N1", 1), "voice": ("N3", 1), "sms/north": ("N4", 1)
    }  # fmt: skip
    assert sends.attempts(["N4"])["N4"][0].result == made[3]
