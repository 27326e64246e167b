"""Who cannot be seen is not taken for gone."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from services.domain.errors import OutageError
from services.recovery import running
from services.runtime.settings import Settings


def answered(monkeypatch: pytest.MonkeyPatch, answer: Any) -> set[str]:
    """Return who works when Kafka answers so about each group."""

    def about(groups: list[str], **options: Any) -> dict[str, "Future[Any]"]:
        futures: dict[str, Future[Any]] = {}
        for group in groups:
            one: Future[Any] = Future()
            futures[group] = one
            if isinstance(answer, Exception):
                one.set_exception(answer)
            elif answer is not None:
                one.set_result(SimpleNamespace(members=answer))
        return futures

    client = SimpleNamespace(describe_consumer_groups=about)
    monkeypatch.setattr(running, "AdminClient", lambda config: client)
    monkeypatch.setattr(running, "ASK_SECONDS", 0.01)
    return running.working(Settings(hmac_keys="k1:" + "ab" * 32))


def error(code: int) -> KafkaException:
    return KafkaException(KafkaError(code))


def test_a_group_with_members_works_and_one_without_or_that_never_was_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert {"cases", "dedup", "sender"} <= answered(monkeypatch, ["a member"])
    assert answered(monkeypatch, []) == set()
    assert answered(monkeypatch, error(KafkaError.GROUP_ID_NOT_FOUND)) == set()


@pytest.mark.parametrize(
    "answer",
    [
        error(KafkaError._TIMED_OUT),
        error(KafkaError.COORDINATOR_NOT_AVAILABLE),
        error(KafkaError.GROUP_AUTHORIZATION_FAILED),
        None,
    ],
)
def test_no_answer_about_a_group_is_not_taken_for_nobody(
    monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    with pytest.raises(OutageError, match="who is in"):
        answered(monkeypatch, answer)
