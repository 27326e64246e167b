"""Teams and clerks in their company messenger, over the robots of their groups."""

import json
from collections.abc import Callable
from typing import Final

from services.domain.clock import Clock
from services.domain.send_store import Outcome
from services.sender.channels.answers import UNCLEAR, by_status, posted
from services.sender.channels.cards import Kind
from services.sender.channels.gateway import code_of, said_in
from services.sender.channels.http_line import HttpLine, Reply
from services.sender.channels.port import SENT, Answer, Letter, ManyProviders
from services.sender.channels.robots import (
    CODES,
    THROTTLED_SECONDS,
    Message,
    Robots,
    request_of,
)

_NAME: Final = "COMPLAINTS_CHAT_ROBOTS"


class ChatChannel(ManyProviders):
    """See :class:`services.sender.channels.port.Channel`; each robot is a provider. Robots have
    no key by which a message sent again could be known: a message in doubt that is sent again may
    stand there twice.

    Raises:
        SettingsError: a robot's URL cannot be used safely.
    """

    def __init__(
        self, robots: Robots, clock: Clock, seconds: float = 6.0, allow_private: bool = False
    ) -> None:
        self._robots = robots
        self._clock = clock
        self._seconds = seconds
        self._lines = {
            url: HttpLine(url, _NAME, clock.monotonic, allow_private)
            for robot in robots.robots.values()
            for url in [robot.url.get_secret_value()]
        }
        self._names: dict[str, str] = {}
        for name, robot in robots.robots.items():
            self._names.setdefault(robot.url.get_secret_value(), name)

    def provider_of(self, recipient: str) -> str:
        """See the port. A robot goes by the first name that it stands under in the file: its URL
        is a secret, and who shares the URL shares the limit."""
        robot = self._robots.of(recipient)
        return "" if robot is None else self._names[robot.url.get_secret_value()]

    def send(self, letter: Letter) -> Answer:
        """See the port."""
        robot = self._robots.of(f"{letter.address_kind}:{letter.address}")
        if robot is None:
            return Answer(Outcome.FAILED, "no_robot")
        seconds = self._clock.now().timestamp()
        request = request_of(robot, Message(letter.subject, letter.text, letter.card), seconds)
        body = json.dumps(request.body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        line = self._lines[robot.url.get_secret_value()]
        until = self._clock.monotonic() + self._seconds
        return posted(line, headers, body, until, self._meaning(robot.kind), request.query)

    def close(self) -> None:
        """See the port."""
        for line in self._lines.values():
            line.close()

    def _meaning(self, kind: Kind) -> Callable[[Reply], Answer]:
        def meaning(reply: Reply) -> Answer:
            answer = by_status(reply, self._clock.now)
            if answer is not SENT or kind not in CODES:
                return answer
            codes, body = CODES[kind], said_in(reply)
            code = body.get(codes.field) if isinstance(body, dict) else None
            if code is None:
                return UNCLEAR
            if code == 0:
                return SENT
            if code in codes.never:
                return Answer(Outcome.FAILED, code_of(code))
            wait = THROTTLED_SECONDS if code in codes.later else None
            return Answer(Outcome.REFUSED, code_of(code), wait)

        return meaning
