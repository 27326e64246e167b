"""Long short messages on real engines: what was acknowledged to the centre outlives every process
that handled it, and becomes one contact."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.catcher import Catcher
from schemas import topics
from schemas.codec import decode
from schemas.contacts import ContactReceived
from services.domain.sms_parts import GAP
from tests.support.mutant_worker import MutantProcess
from tests.support.namespaces import Namespace
from tests.support.processes import WorkerProcess, a_free_port
from tests.support.topics_now import read_all
from tests.support.waiting import eventually

SECRET = f"smpp={secrets.token_hex(16)}"
PHONE = "13900139000"
WORDS = ["快件单号SF1302847561029，三天没动了，", "客服电话打不通📦", "站点也没人接，请尽快处理"]
TEXT = "".join(WORDS)
StartWorker = Callable[..., WorkerProcess]


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    with Catcher(a_free_port(), 0) as made:
        yield made


class Line:
    """The centre, with the API and the sender's receiver behind it."""

    def __init__(
        self,
        start: StartWorker,
        catcher: Catcher,
        minutes: float = 10,
        api: WorkerProcess | None = None,
    ) -> None:
        self.centre = catcher.centre
        self.api = api or start(
            "api", COMPLAINTS_RECEIPT_SECRETS=SECRET, COMPLAINTS_SMS_PARTS_MINUTES=str(minutes)
        )
        self.sender = start(
            "sender",
            COMPLAINTS_RECEIPT_SECRETS=SECRET,
            COMPLAINTS_API_URL=f"http://127.0.0.1:{self.api.api_port}",
            COMPLAINTS_SMPP_HOST="127.0.0.1",
            COMPLAINTS_SMPP_PORT=str(catcher.centre.port),
            COMPLAINTS_SMPP_USER="us",
            COMPLAINTS_SMPP_PASSWORD="secret",
        )

    def part(self, number: int) -> None:
        """Hand in a part, until somebody has taken it."""
        taken = self.centre.taken

        def is_taken() -> bool:
            answers = len(self.centre.delivered)
            self.hand(number)
            eventually(lambda: len(self.centre.delivered) > answers, 30, "an answer", every=0.02)
            return self.centre.taken > taken

        eventually(is_taken, within=60, every=0.2)

    def hand(self, number: int) -> None:
        """Hand in a part of TEXT, cut wherever it is."""
        octets, size = TEXT.encode("utf-16-be"), 45  # not even: signs are cut in two
        content = octets[(number - 1) * size : number * size]
        header = bytes([5, 0, 3, 7, -(-len(octets) // size), number])
        eventually(lambda: self.centre.receivers, within=60, describe="a receiver is bound")
        self.centre.hand(PHONE, header + content, 8, 0x40)

    def die(self) -> None:
        """Kill both, and start them anew."""
        for process in (self.sender, self.api):
            process.kill()
        eventually(lambda: not self.centre.receivers, within=10)
        for process in (self.api, self.sender):
            process.start()


def texts(namespace: Namespace) -> list[tuple[str, str]]:
    found = [
        decode(ContactReceived, message.value())
        for message in read_all(namespace, topics.RECEIVED.name)
    ]
    return [(one.contact_id, one.text) for one in found]


def waiting(namespace: Namespace) -> int:
    return namespace.database["sms_parts"].count_documents({})


@pytest.mark.timeout(240)
def test_parts_outlive_receiver_and_api_and_become_one_contact(
    namespace: Namespace, start_worker: StartWorker, catcher: Catcher
) -> None:
    line = Line(start_worker, catcher)
    line.part(3)
    line.part(1)
    line.die()
    assert (waiting(namespace), texts(namespace)) == (1, [])
    line.part(1)
    line.part(2)
    ((contact_id, text),) = texts(namespace)
    assert (text, waiting(namespace)) == (TEXT, 0)
    line.die()
    line.part(2)  # its acknowledgement was lost, say
    assert texts(namespace) == [(contact_id, text)]
    assert waiting(namespace) == 0
    stored = str(list(namespace.database["sms_parts_known"].find()))
    assert PHONE not in stored
    assert "SF13" not in stored


@pytest.mark.timeout(240)
@pytest.mark.parametrize("where", ["before_produce", "after_ack"])
def test_an_api_that_dies_while_it_hands_the_whole_on_leaves_one_contact(
    namespace: Namespace,
    start_worker: StartWorker,
    catcher: Catcher,
    tmp_path: Path,
    where: str,
) -> None:
    dying = MutantProcess(
        f"api_dies@{where}",
        "api",
        namespace.settings,
        tmp_path,
        COMPLAINTS_RECEIPT_SECRETS=SECRET,
        COMPLAINTS_SMS_PARTS_MINUTES="10",
    )
    with dying as api:
        line = Line(start_worker, catcher, api=api)
        start_worker("dedup")
        line.part(1)
        line.part(2)
        line.hand(3)
        assert api.wait(60) == 137
        assert waiting(namespace) == 1
        api.changes = ""
        api.start()
        line.part(3)
        eventually(lambda: namespace.database["contacts"].count_documents({}), within=30)
        assert waiting(namespace) == 0
        assert len(set(texts(namespace))) == 1
        assert texts(namespace)[0][1] == TEXT
        assert namespace.database["contacts"].count_documents({}) == 1


@pytest.mark.timeout(240)
def test_what_never_comes_is_not_waited_for_for_ever_though_the_api_died(
    namespace: Namespace, start_worker: StartWorker, catcher: Catcher
) -> None:
    line = Line(start_worker, catcher, minutes=0.1)
    line.part(1)
    line.die()
    eventually(lambda: texts(namespace), within=60, every=0.5)
    ((_, text),) = texts(namespace)
    assert text.endswith(GAP * 2)
    assert TEXT.startswith(text.removesuffix(GAP * 2)[:-1])
    eventually(lambda: waiting(namespace) == 0, within=10)
