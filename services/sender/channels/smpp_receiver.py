"""Receipts and replies that a short message centre hands to us, over a bind of its own.

They go the way that every provider's go: to the API, signed. Only when the API has taken one is
the centre told so; else it is to send it again. Parts of a long message go one by one: it is the
API that keeps them until all are there (ADR 0086).
"""

import base64
import hashlib
import json
import logging
import re
import threading
from typing import Any, Final, NamedTuple

from services.domain.clock import Clock
from services.domain.signing import signed_headers
from services.domain.sms_coding import decoded
from services.domain.sms_parts import Place, place_of, without_header
from services.sender.channels.http_line import Away, Doubt, HttpLine
from services.sender.channels.smpp import BoundClient, Centre

logger: Final = logging.getLogger(__name__)

PROVIDER: Final = "smpp"
_RECEIPT: Final = 0x04
_ONE_OCTET: Final = frozenset({0, 1, 3})
"""Codings in which a character has one octet."""
_AGAIN: Final = 0x00000064
"""Status "temporary application error": the centre sends it again later."""
_FIELDS: Final = re.compile(r"\b(id|stat|err):\s*([A-Za-z0-9-]+)")
_EVENTS: Final = {
    "DELIVRD": "delivered",
    "EXPIRED": "undelivered",
    "DELETED": "undelivered",
    "UNDELIV": "undelivered",
    "REJECTD": "undelivered",
}
_PAUSES: Final = (1.0, 5.0, 30.0)


class Handed(NamedTuple):
    """What to post to the API, and where; ``key`` is the same when it comes again."""

    path: str
    body: dict[str, Any]
    key: str


def understood(sender: str, text: str, is_receipt: bool, day: str) -> Handed | None:
    """Return what a delivery says; None for a receipt of a step that is no end. A reply has no
    name: the same text from the same number on one ``day`` is taken for one that came again.

    >>> understood("1", "id:M7 sub:001 dlvrd:001 stat:DELIVRD err:000 text:x", True, "").key
    'M7-DELIVRD'
    """
    if not is_receipt:
        key = _name(sender, text, day)
        body = {"id": key, "sender": sender, "text": text}
        return Handed(f"/v1/inbound/sms/{PROVIDER}", body, key)
    said = dict(_FIELDS.findall(text))
    event = _EVENTS.get(said.get("stat", ""))
    if event is None or "id" not in said:
        return None
    receipt = {"provider_id": said["id"], "event": event, "code": said.get("err", "none")}
    key = f"{said['id']}-{said['stat']}"
    return Handed(f"/v1/receipts/{PROVIDER}", {"receipts": [receipt]}, key)


def part_of(sender: str, receiver: str, place: Place, coding: int, octets: bytes) -> Handed:
    """Return a part of a long message, as its octets: a character may be cut between two."""
    written = base64.b64encode(octets).decode("ascii")
    key = _name(sender, receiver, *map(str, place), str(coding), written)
    body = {
        "id": key,
        "sender": sender,
        "receiver": receiver,
        **place._asdict(),
        "coding": coding,
        "octets": written,
    }
    return Handed(f"/v1/inbound/sms/{PROVIDER}/parts", body, key)


def handed_by(pdu: Any, day: str) -> Handed | None:
    """Return what a delivery is to be handed on as; None for a receipt of a step that is no
    end."""
    content = pdu.short_message or getattr(pdu, "message_payload", None) or b""
    sender, coding = _ascii(pdu.source_addr), pdu.data_coding
    place, octets = without_header(content, pdu.esm_class)
    if pdu.esm_class & _RECEIPT:
        # Whatever the coding, what programs write for programs is ASCII.
        text = octets.decode("latin-1") if coding in _ONE_OCTET else decoded(octets, coding)
        return understood(sender, text, True, day)
    place = place or _place_beside(pdu)
    if place is not None:
        return part_of(sender, _ascii(pdu.destination_addr), place, coding, octets)
    return understood(sender, decoded(octets, coding), False, day)


def _place_beside(pdu: Any) -> Place | None:
    """Return the place that the centre names beside the text, in parameters of its own."""
    reference, total, number = (
        getattr(pdu, name, None)
        for name in ("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum")
    )
    return None if reference is None else place_of(f"sar.{reference}", total, number)


def _name(*said: str) -> str:
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:40]


class SmppReceiver:
    """A thread that stays bound. ``api_url`` is where our API is, ``key`` the secret that it knows
    for the provider ``smpp``."""

    def __init__(self, centre: Centre, api_url: str, key: bytes, clock: Clock) -> None:
        self._centre = centre
        self._clock = clock
        self._key = key
        self._api = api_url.rstrip("/")
        self._lines: dict[str, HttpLine] = {}
        self._stop = threading.Event()
        self._client: BoundClient | None = None
        self._thread = threading.Thread(target=self._run, name="smpp-receiver", daemon=True)

    def start(self) -> None:
        """Bind, and bind again whenever the centre goes away."""
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._stop.set()
        if self._client is not None:
            self._client.drop()
        self._thread.join(5)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            client = BoundClient(self._centre, self._centre.seconds, "receiver")
            self._client = client
            try:
                client.connect()
                client.bind_receiver(system_id=self._centre.user, password=self._centre.password)
                client.set_message_received_handler(self._on_delivery)
                failures = 0
                while not self._stop.is_set():
                    client.read_once()
            except Exception as error:  # noqa: BLE001 - nothing may be the last that it hears
                if not self._stop.is_set():
                    logger.warning("smpp receiver", extra={"reason": type(error).__name__})
            finally:
                client.drop()
            self._stop.wait(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures += 1

    def _on_delivery(self, pdu: Any) -> int | None:
        handed = handed_by(pdu, f"{self._clock.now():%Y%m%d}")
        return None if handed is None or self._post(handed) else _AGAIN

    def _post(self, handed: Handed) -> bool:
        body = json.dumps(handed.body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        now = self._clock.now().timestamp()
        headers |= signed_headers([self._key], handed.key[:150], now, body)
        line = self._lines.get(handed.path)
        if line is None:
            line = self._lines[handed.path] = HttpLine(
                self._api + handed.path, "COMPLAINTS_API_URL", self._clock.monotonic, True
            )
        until = self._clock.monotonic() + self._centre.seconds
        try:
            return 200 <= line.post(headers, body, until).status < 300
        except (Away, Doubt):
            return False


def _ascii(value: bytes | str | None) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value or ""
