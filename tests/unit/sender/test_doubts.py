"""When nobody knows whether a notice was sent: resent under the same id, or held; never hidden."""

from dataclasses import replace

import pytest

from services.domain.errors import OutageError
from services.domain.send_store import Outcome, Result
from services.sender.handler import SenderHandler, Topics
from services.sender.waves import Process
from tests.unit.sender.desk import (
    FAILED,
    UNKNOWN,
    Died,
    SenderDesk,
    a_notice,
    dying,
    notices,
    settlements,
    until_settled,
)


@pytest.fixture
def desk() -> SenderDesk:
    return SenderDesk()


# ------------------------------------------------------------------ doubts


def test_a_mandatory_notice_in_doubt_is_sent_again_under_the_same_id(desk: SenderDesk) -> None:
    desk.mail.plan = [UNKNOWN]
    assert desk.ends(a_notice()) == [("N1", "sent", 2, "resent")]
    assert desk.mail.sent == ["N1", "N1"]


def test_another_notice_in_doubt_is_held_and_says_so(desk: SenderDesk) -> None:
    desk.mail.plan = [UNKNOWN]
    assert desk.ends(a_notice(mandatory=False)) == [("N1", "unknown", 1, "held")]
    assert desk.mail.sent == ["N1"]


def test_doubts_are_bounded(desk: SenderDesk) -> None:
    desk.mail.by_notice["N1"] = UNKNOWN
    handled = until_settled(desk, notices(3), 50, lambda: desk.clock.advance(60))
    ends = {one.notice_id: (one.state, one.attempts) for one in settlements(handled)}
    assert ends["N1"] == ("unknown", 3)
    assert desk.mail.sent.count("N1") == 3


def test_a_doubt_is_not_forgotten_when_the_next_attempt_fails(desk: SenderDesk) -> None:
    desk.mail.plan = [UNKNOWN, FAILED]
    assert desk.ends(a_notice()) == [("N1", "unknown", 1, "no_such_recipient")]


# ------------------------------------------------------------------ deaths


@pytest.mark.parametrize("point", ["after_claims", "after_send"])
@pytest.mark.parametrize(
    ("mandatory", "state"), [(True, "sent"), (False, "unknown")], ids=["mandatory", "other"]
)
def test_after_a_death_in_between_nobody_knows(
    desk: SenderDesk, point: str, mandatory: bool, state: str
) -> None:
    batch = notices(10, mandatory=mandatory)
    desk.restart(dying(point))
    with pytest.raises(Died):
        desk.take(*batch)
    desk.restart()
    ends = settlements(desk.take(*batch))
    in_doubt = [one for one in ends if one.reason in ("resent", "held")]
    assert len(in_doubt) == 4  # one wave
    assert {one.state for one in in_doubt} == {state}
    assert {one.state for one in ends if one not in in_doubt} == {"sent"}
    doubled = [name for name in desk.mail.sent if desk.mail.sent.count(name) > 1]
    assert bool(doubled) == (mandatory and point == "after_send")
    assert all(one.attempts == 2 for one in in_doubt if mandatory)


def test_nothing_is_sent_again_after_a_death_between_waves(desk: SenderDesk) -> None:
    desk.restart(dying("after_claims", 3))
    with pytest.raises(Died):
        desk.take(*notices(10, mandatory=False))
    before = list(desk.mail.sent)
    desk.restart()
    desk.take(*notices(10, mandatory=False))
    assert len(desk.mail.sent) == len(set(desk.mail.sent)) == 8
    assert desk.mail.sent[: len(before)] == before


def test_a_process_thought_dead_that_still_writes_its_result_changes_nothing(
    desk: SenderDesk,
) -> None:
    desk.restart(dying("after_send"))
    with pytest.raises(Died):
        desk.take(a_notice(mandatory=False))
    desk.restart()
    first = desk.take(a_notice(mandatory=False))
    late = desk.store.results["N1#1"]
    winners = desk.store.record([Result("N1", 1, Outcome.SENT, "sent", desk.clock.now())])
    assert winners == {"N1#1": late}
    assert desk.take(a_notice(mandatory=False)).outbound == first.outbound


def test_a_claim_lost_to_another_process_is_not_sent_by_us(desk: SenderDesk) -> None:
    claim = desk.store.claim

    def beaten(claims):  # type: ignore[no-untyped-def]
        desk.store.claim = claim  # type: ignore[method-assign]
        claim([replace(one, owner="another") for one in claims])
        return claim(claims)

    desk.store.claim = beaten  # type: ignore[method-assign]
    assert desk.ends(a_notice(mandatory=False)) == [("N1", "unknown", 1, "held")]
    assert desk.mail.sent == []


# ------------------------------------------------------------------ the database away


def test_results_that_could_not_be_written_are_not_forgotten(desk: SenderDesk) -> None:
    def away(operation: str) -> None:
        if operation == "record":
            raise OutageError("mongodb", "away")

    desk.store.before = away
    with pytest.raises(OutageError):
        desk.take(a_notice(mandatory=False))
    desk.store.before = lambda operation: None
    assert desk.ends(a_notice(mandatory=False)) == [("N1", "sent", 1, None)]
    assert desk.mail.sent == ["N1"]


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_claim_whose_answer_was_lost_puts_nobody_in_doubt(desk: SenderDesk, side: str) -> None:
    def away(operation: str) -> None:
        if operation == "claim":
            raise OutageError("mongodb", "away")

    setattr(desk.store, side, away)
    with pytest.raises(OutageError):
        desk.take(a_notice(mandatory=False))
    setattr(desk.store, side, lambda operation: None)
    assert desk.ends(a_notice(mandatory=False)) == [("N1", "sent", 1, None)]


@pytest.mark.parametrize("operation", ["record", "claim"])
@pytest.mark.parametrize("first", [6, 20], ids=["few first", "many first"])
def test_it_is_no_matter_among_how_many_a_notice_comes_again(
    desk: SenderDesk, operation: str, first: int
) -> None:
    """Few are not dealt out, many are: another hand than before has it, which knows as much."""
    process = Process("process-of-hands", 6)
    topics = Topics("settled", "receipts")
    desk.handler = SenderHandler(desk.outside, desk.policy, process, topics, hands=3)

    def away(asked: str) -> None:
        if asked == operation:
            raise OutageError("mongodb", "away")

    side = "before" if operation == "record" else "after"
    setattr(desk.store, side, away)
    with pytest.raises(OutageError):
        desk.take(*notices(first, mandatory=False))
    setattr(desk.store, side, lambda asked: None)
    ends = {one.state for one in settlements(desk.take(*notices(26 - first, mandatory=False)))}
    assert ends == {"sent"}
    assert len(desk.mail.sent) == len(set(desk.mail.sent))
