"""The mail server: takes every mail, unless a fault says otherwise; what is written to us goes on
to the API. With a certificate it takes mail over STARTTLS only, as relays on port 587 do."""

import asyncio
import ssl
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.catcher.box import Box, Fault, caught_mail
from infra.catcher.onward import Onward

_REASONS = {2: "taken", 3: "go on", 4: "try again later", 5: "refused"}


class MailHandler:
    """What aiosmtpd asks at each stage."""

    def __init__(self, box: Box, onward: Onward | None = None) -> None:
        self._box = box
        self._onward = onward

    async def handle_MAIL(  # noqa: N802 - named by aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self._box.fault("smtp", "sender")
        if fault is not None and (answer := await _suffer(fault, server)) is not None:
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self._box.fault("smtp", "recipient", address)
        if fault is not None and (answer := await _suffer(fault, server)) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        recipients = list(envelope.rcpt_tos)
        fault = self._box.fault("smtp", "content", ", ".join(recipients))
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if fault is not None and fault.code is not None:
            return await _suffer(fault, server) or "250 OK"
        if not await self._handed_on(content, recipients):
            return "451 our side is away"
        self._box.put(caught_mail(content, recipients))
        if fault is not None and (answer := await _suffer(fault, server)) is not None:
            return answer
        return "250 OK"

    async def _handed_on(self, content: bytes, recipients: list[str]) -> bool:
        """Hand in what is for us: taken here is taken there."""
        onward = self._onward
        if onward is None or not any(map(onward.takes, recipients)):
            return True
        return await asyncio.get_running_loop().run_in_executor(None, onward.mail, content)


async def _suffer(fault: Fault, server: SMTP) -> str | None:
    if fault.delay:
        await asyncio.sleep(fault.delay)
    if fault.hang_up and isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
        return "421 gone"
    return None if fault.code is None else f"{fault.code} {_REASONS[fault.code // 100]}"


class _Server(SMTP):
    """Counts connections, and refuses some."""

    def __init__(self, box: Box, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._box = box

    async def push(self, status: Any) -> None:
        """Answer; the other side may have gone meanwhile."""
        if self.transport is None or self.transport.is_closing():
            return
        await super().push(status)

    async def _handle_client(self) -> None:
        self._box.connections += 1
        fault = self._box.fault("smtp", "connect")
        if fault is not None and fault.code is not None:
            await self.push(f"{fault.code} not now")
            if self.transport is not None:
                self.transport.close()
            return
        await super()._handle_client()

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        """Begin TLS, unless a fault says otherwise."""
        fault = self._box.fault("smtp", "starttls")
        if fault is not None and fault.code is not None:
            await self.push(f"{fault.code} TLS not available")
            return
        await super().smtp_STARTTLS(arg)


class MailServer(Controller):
    """Listens on loopback in a thread of its own; ``tls`` holds the certificate to begin TLS
    with."""

    def __init__(
        self,
        box: Box,
        port: int,
        onward: Onward | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._box = box
        self._tls = tls
        super().__init__(MailHandler(box, onward), hostname="127.0.0.1", port=port)

    def factory(self) -> SMTP:
        """Make the server of one connection."""
        return _Server(
            self._box,
            self.handler,
            enable_SMTPUTF8=True,
            hostname="catcher.test",
            tls_context=self._tls,
            require_starttls=self._tls is not None,
        )
