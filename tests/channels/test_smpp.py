"""What holds for SMPP alone: long texts, dead binds, and what the centre hands to us."""

import json
from collections.abc import Iterator

import pytest

from infra.catcher import Catcher, Caught, Fault, centre
from services.domain.send_store import Outcome
from services.sender.channels.smpp import Centre
from services.sender.channels.smpp_receiver import SmppReceiver, understood
from tests.channels.providers import CLOCK, SECONDS, SECRET, Smpp
from tests.support.waiting import eventually


@pytest.fixture
def smpp(catcher: Catcher) -> Iterator[Smpp]:
    made = Smpp(catcher)
    yield made
    made.channel.close()


@pytest.mark.parametrize(
    "text", ["短" * 70, "长" * 300, "plain " * 20, "plain " * 70, "mixed 混排 " * 40, "@£_^{}[~]|€"]
)
def test_any_text_arrives_as_one_message(smpp: Smpp, text: str) -> None:
    answer = smpp.channel.send(smpp.letter(text=text))
    assert (answer.outcome, answer.provider_id) == (Outcome.SENT, smpp.caught()[0].id)
    (caught,) = smpp.caught()
    if caught.headers["coding"] == "8":
        assert caught.text == text.strip()


@pytest.mark.parametrize("number", ["", "no number", "1" * 30])
def test_what_is_no_number_is_refused_without_asking_anybody(smpp: Smpp, number: str) -> None:
    answer = smpp.channel.send(smpp.letter(address=number))
    assert (answer.outcome, answer.reason) == (Outcome.FAILED, "address_unusable")
    assert smpp.box.connections == 0


def test_a_centre_that_refuses_to_bind_is_away(smpp: Smpp) -> None:
    smpp.box.plan(Fault("smpp", stage="connect", code=0x0E))
    answer = smpp.channel.send(smpp.letter())
    assert (answer.outcome, answer.reason) == (Outcome.AWAY, "bind_refused")
    assert smpp.channel.send(smpp.letter()).outcome is Outcome.SENT


def test_one_bind_serves_many_messages(smpp: Smpp) -> None:
    for _ in range(5):
        smpp.channel.send(smpp.letter())
    assert smpp.box.connections == 1


@pytest.mark.parametrize("status", [0x04, 0x05, 0x0A, 0x0F, 0x48, 0x49])
def test_what_speaks_of_our_bind_or_account_is_not_held_against_the_message(
    smpp: Smpp, status: int
) -> None:
    smpp.box.plan(Fault("smpp", code=status))
    answer = smpp.channel.send(smpp.letter())
    assert (answer.outcome, answer.reason) == (Outcome.REFUSED, f"smpp_{status:#x}")
    assert smpp.channel.send(smpp.letter()).outcome is Outcome.SENT
    assert smpp.box.connections == 2  # bound anew: the old bind may be worth nothing


def test_what_the_centre_asks_by_itself_is_no_answer_to_ours(
    smpp: Smpp, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = centre._Session._submit

    def asks_first(self: centre._Session, sequence: int, body: bytes) -> bool:
        self.say(centre._UNBIND, 0, sequence)  # its numbers are its own: the same by chance
        return submit(self, sequence, body)

    monkeypatch.setattr(centre._Session, "_submit", asks_first)
    smpp.refuse()
    assert smpp.channel.send(smpp.letter()).outcome is Outcome.REFUSED


# ------------------------------------------------------------------ what comes back


@pytest.fixture
def receiver(catcher: Catcher) -> Iterator[Catcher]:
    # The catcher's gateway stands in for our API: it keeps what is posted to it.
    centre = Centre("127.0.0.1", catcher.centre.port, "us", "secret", "95338", seconds=SECONDS)
    made = SmppReceiver(centre, catcher.url("").rstrip("/"), SECRET.encode(), CLOCK)
    made.start()
    eventually(lambda: catcher.centre.receivers, within=5)
    catcher.centre.delivered.clear()
    yield catcher
    made.close()
    eventually(lambda: not catcher.centre.receivers, within=5)


def handed(catcher: Catcher) -> list[Caught]:
    return eventually(lambda: catcher.box.messages("http"), within=5)


def test_a_receipt_goes_to_the_api_signed_and_is_then_acknowledged(receiver: Catcher) -> None:
    text = "id:M7 sub:001 dlvrd:001 submit date:2603021200 stat:DELIVRD err:000 text:x"
    receiver.centre.deliver("13800138000", text, receipt=True)
    (caught,) = handed(receiver)
    assert caught.id == "M7-DELIVRD"
    assert caught.headers["webhook-signature"].startswith("v1,")
    eventually(lambda: receiver.centre.delivered, within=5)


def test_a_reply_in_chinese_goes_to_the_api(receiver: Catcher) -> None:
    receiver.centre.deliver("13800138000", "收到了,谢谢", receipt=False)
    (caught,) = handed(receiver)
    assert "收到了,谢谢" in caught.text


def test_what_the_receiver_cannot_read_is_not_the_last_that_it_hears(receiver: Catcher) -> None:
    bound = set(receiver.centre.receivers)
    for session in bound:
        session.say(0x77, 0, 1)  # no command that there is
    eventually(lambda: receiver.centre.receivers - bound, within=10)
    text = "id:M8 sub:001 dlvrd:001 submit date:2603021200 stat:DELIVRD err:000 text:x"
    eventually(lambda: receiver.centre.receivers.isdisjoint(bound), within=10)
    receiver.centre.deliver("13800138000", text, receipt=True)
    (caught,) = handed(receiver)
    assert caught.id == "M8-DELIVRD"


@pytest.mark.parametrize(
    ("stat", "event"),
    [("DELIVRD", "delivered"), ("UNDELIV", "undelivered"), ("REJECTD", "undelivered"),
     ("ENROUTE", None), ("ACCEPTD", None)],
)  # fmt: skip
def test_states_of_the_centre_are_understood(stat: str, event: str | None) -> None:
    found = understood("1", f"id:M1 stat:{stat} err:012", True, "20260302")
    if event is None:
        assert found is None
    else:
        assert found is not None
        assert json.loads(json.dumps(found.body))["receipts"] == [
            {"provider_id": "M1", "event": event, "code": "012"}
        ]
