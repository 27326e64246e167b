"""Short messages over SMPP 3.4, handed to the operator's centre by a library.

A bind per thread, as a transmitter; receipts come over a bind of their own
(:mod:`services.sender.channels.smpp_receiver`). A text too long for one message goes as one
request all the same, so that never a part of it is taken and another refused.
"""

import logging
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from smpplib import consts, gsm, smpp
from smpplib.client import Client
from smpplib.exceptions import ConnectionError as SmppConnectionError
from smpplib.exceptions import PDUError, UnknownCommandError

from services.domain.send_store import Outcome
from services.sender.channels.http_line import has_news
from services.sender.channels.port import SENT, Answer, Letter
from services.sender.gateways import clipped

_IDLE_SECONDS: Final = 20.0
_LONGEST: Final = 500
"""Characters: eight messages of Chinese; what is longer belongs into a letter."""
_SHORT: Final = {consts.SMPP_ENCODING_DEFAULT: 160, consts.SMPP_ENCODING_ISO10646: 140}
"""Bytes that fit into one message."""
_NUMBER: Final = re.compile(r"\+?\d{5,20}")
_LATER: Final = frozenset(
    {
        consts.SMPP_ESME_RSYSERR,
        consts.SMPP_ESME_RMSGQFUL,
        consts.SMPP_ESME_RTHROTTLED,
        consts.SMPP_ESME_RSUBMITFAIL,
        0x00000064,  # temporary application error
    }
)
_OURS: Final = frozenset(
    {
        consts.SMPP_ESME_RINVCMDID,
        consts.SMPP_ESME_RINVBNDSTS,
        consts.SMPP_ESME_RALYBND,
        consts.SMPP_ESME_RBINDFAIL,
        consts.SMPP_ESME_RINVPASWD,
        consts.SMPP_ESME_RINVSYSID,
        consts.SMPP_ESME_RINVSRCADR,
        consts.SMPP_ESME_RINVSERTYP,
        consts.SMPP_ESME_RINVSRCTON,
        consts.SMPP_ESME_RINVSRCNPI,
        consts.SMPP_ESME_RINVSYSTYP,
    }
)
"""Answers that speak of our bind or our account and not of the message: the centre takes it once
we are bound anew, or a person mended the settings."""
_ANSWERS: Final = frozenset({"submit_sm_resp", "generic_nack"})
_Trouble = (OSError, SmppConnectionError, PDUError, UnknownCommandError, struct.error)
# The library logs whole messages, at the level of debugging and sometimes above.
logging.getLogger("smpp").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Centre:
    """Where and as whom to hand over short messages. ``sender`` is what receivers see."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    tls: bool = False
    seconds: float = 6.0


class BoundClient(Client):  # type: ignore[misc]
    """The library's client; its TLS checks whose certificate it is, which the library's own
    does not."""

    _socket: socket.socket | None

    def __init__(self, centre: Centre, seconds: float, name: str) -> None:
        self._context_of_tls = ssl.create_default_context() if centre.tls else None
        super().__init__(centre.host, centre.port, seconds, None, f"smpp.{name}", None, True)

    def _create_socket(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(self.timeout)
        if self._context_of_tls is None:
            return sock
        return self._context_of_tls.wrap_socket(sock, server_hostname=self.host)

    def limit(self, seconds: float) -> None:
        """Let the next read or write take no longer."""
        if self._socket is None:
            raise SmppConnectionError("closed")
        self._socket.settimeout(max(0.05, seconds))

    def is_waiting(self) -> bool:
        """Return whether the other side has said something."""
        if self._socket is None:
            raise SmppConnectionError("closed")
        return has_news(self._socket)

    def drop(self) -> None:
        """Close at once, whatever the state."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.state = consts.SMPP_CLIENT_STATE_CLOSED


class SmppChannel:
    """See :class:`services.sender.channels.port.Channel`."""

    def __init__(self, centre: Centre, monotonic: Callable[[], float]) -> None:
        self._centre = centre
        self._monotonic = monotonic
        self._kept = threading.local()
        self._open: set[BoundClient] = set()
        self._lock = threading.Lock()

    def send(self, letter: Letter) -> Answer:
        """See the port."""
        until = self._monotonic() + self._centre.seconds
        number = re.sub(r"[\s\-()]", "", letter.address)
        if not _NUMBER.fullmatch(number):
            return Answer(Outcome.FAILED, "address_unusable")
        try:
            client = self._bound(until)
        except _Trouble as error:
            return Answer(Outcome.AWAY, _bind_word(error))
        if self._monotonic() >= until:
            # Whoever asked has given up, and may be asking anew: it must not come as well.
            return Answer(Outcome.AWAY, "timeout")
        try:
            client.limit(until - self._monotonic())
            asked = client.send_message(**_message(self._centre.sender, number, letter))
            status, message_id = self._answer(client, asked.sequence, until)
        except _Trouble as error:
            self._drop(client)
            is_late = isinstance(error, TimeoutError)
            return Answer(Outcome.UNKNOWN, f"after_submit_{'timeout' if is_late else 'lost'}")
        self._kept.used_at = self._monotonic()
        if status == consts.SMPP_ESME_ROK:
            return Answer(Outcome.SENT, SENT.reason, None, message_id)
        if status in _OURS:
            self._drop(client)
        outcome = Outcome.REFUSED if status in _LATER | _OURS else Outcome.FAILED
        return Answer(outcome, f"smpp_{status:#x}")

    def close(self) -> None:
        """See the port."""
        with self._lock:
            clients, self._open = self._open, set()
        for client in clients:
            client.drop()

    # ------------------------------------------------------------------ the dialogue

    def _answer(self, client: BoundClient, sequence: int, until: float) -> tuple[int, str | None]:
        """Return the status of what was submitted, and the centre's name for it. What the centre
        asks by itself counts numbers of its own, ours perhaps."""
        while True:
            left = until - self._monotonic()
            if left <= 0:
                raise TimeoutError
            client.limit(left)
            pdu = client.read_pdu()
            if pdu.command == "enquire_link":
                _still_here(client, pdu)
            elif pdu.command in _ANSWERS and pdu.sequence == sequence:
                return int(pdu.status), _text(getattr(pdu, "message_id", None))

    def _bound(self, until: float) -> BoundClient:
        kept: BoundClient | None = getattr(self._kept, "client", None)
        if kept is not None:
            is_fresh = self._monotonic() - self._kept.used_at < _IDLE_SECONDS
            if is_fresh and self._is_alive(kept, until):
                return kept
            self._drop(kept)
        client = BoundClient(self._centre, max(0.05, until - self._monotonic()), "channel")
        try:
            client.connect()
            client.bind_transmitter(system_id=self._centre.user, password=self._centre.password)
        except BaseException:
            client.drop()
            raise
        with self._lock:
            self._open.add(client)
        self._kept.client, self._kept.used_at = client, self._monotonic()
        return client

    def _is_alive(self, client: BoundClient, until: float) -> bool:
        """Read what came while nobody listened: a question whether we live, or the end."""
        try:
            while client.is_waiting():
                client.limit(min(1.0, until - self._monotonic()))
                pdu = client.read_pdu()
                if pdu.command != "enquire_link":
                    return False
                _still_here(client, pdu)
        except (*_Trouble, ValueError):
            return False
        return True

    def _drop(self, client: BoundClient) -> None:
        self._kept.client = None
        with self._lock:
            self._open.discard(client)
        client.drop()


def _message(sender: str, number: str, letter: Letter) -> dict[str, Any]:
    text = clipped(letter.text, _LONGEST)
    try:
        coding, content = consts.SMPP_ENCODING_DEFAULT, gsm.gsm_encode(text)
    except ValueError:
        coding, content = consts.SMPP_ENCODING_ISO10646, text.encode("utf-16-be")
    is_short = len(content) <= _SHORT[coding]
    is_name = not sender.lstrip("+").isdigit()
    return {
        "source_addr_ton": consts.SMPP_TON_ALNUM if is_name else consts.SMPP_TON_UNK,
        "source_addr_npi": consts.SMPP_NPI_UNK if is_name else consts.SMPP_NPI_ISDN,
        "source_addr": sender,
        "dest_addr_ton": consts.SMPP_TON_INTL if number[0] == "+" else consts.SMPP_TON_UNK,
        "dest_addr_npi": consts.SMPP_NPI_ISDN,
        "destination_addr": number.lstrip("+"),
        "data_coding": coding,
        "registered_delivery": 1,
        "short_message" if is_short else "message_payload": content,
    }


def _still_here(client: BoundClient, asked: Any) -> None:
    answer = smpp.make_pdu("enquire_link_resp", client=client)
    answer.sequence = asked.sequence
    client.send_pdu(answer)


def _text(value: bytes | str | None) -> str | None:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    return text or None


def _bind_word(error: Exception) -> str:
    if isinstance(error, PDUError):
        return "bind_refused"
    return "timeout" if isinstance(error, TimeoutError) else "unreachable"
