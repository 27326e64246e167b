"""A whole instance on one machine: engines, topics, indexes, workers, API, and their watch."""

import secrets
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final
from urllib.parse import quote

from infra.embedded import EmbeddedStack, write_instance
from infra.embedded.files import read_json, write_json
from infra.embedded.ports import choose_ports
from services.adapters.kafka_admin import apply_topics
from services.adapters.kafka_hanging import end_hanging
from services.adapters.mongo import open_database
from services.adapters.mongo_indexes import ensure_indexes
from services.adapters.shared_clock import offset_of
from services.cli.environment import environment_of
from services.cli.instance import keys_of, personal_keys_of
from services.cli.supervisor import Supervisor, Worker
from services.cli.watchdog import Watchdog, asks_well
from services.domain.errors import ComplaintsError
from services.domain.teams import load_teams
from services.runtime.settings import OPENERS, Settings, load_settings

PARTITIONS: Final = 4
CATCHER: Final = "catcher"
WORKERS: Final = (
    "audit",
    "aftercare",
    "sender",
    "notification",
    "trends",
    "sla",
    "incidents",
    "cases",
    "routing",
    "severity",
    "dedup",
    "api",
    "console",
)
"""In the order of their start: who takes comes before who gives; they stop the other way."""
RECEIPTS_FROM: Final = ("smpp", "mail", "sms", "voice", "push", "letter", "webhook")
"""Providers that may send receipts to an instance whose notices stay on this machine."""
WATCHED: Final = tuple(name for name in reversed(WORKERS) if name != "console")
"""What the console shows, from the intake on."""
_USUAL_PORTS: Final[dict[str, int | None]] = {
    "api": 8080,
    "cases": 9401,
    "dedup": 9402,
    "severity": 9403,
    "routing": 9404,
    "sla": 9405,
    "notification": 9406,
    "sender": 9407,
    "trends": 9408,
    "audit": 9409,
    "incidents": 9410,
    "aftercare": 9411,
    "console": 8090,
    CATCHER: 8025,
    "smtp": 1025,
    "smpp": 2775,
}
_READY_SECONDS: Final = 90.0
_ENGINE_STABLE_SECONDS: Final = 60.0


class InstanceFailedError(ComplaintsError):
    """The instance did not come up, or an engine keeps failing."""


class Instance:
    """The instance on ``data``; :meth:`start`, then :meth:`step` until it is to stop."""

    def __init__(self, data: Path, say: Callable[[str], None]) -> None:
        self._data = data
        self._say = say
        self._stack = EmbeddedStack(data, progress=say)
        self._supervisor = Supervisor(say)
        self._watchdog: Watchdog | None = None
        self._engine_restarts: dict[str, float] = {}
        self.has_begun = False
        self._webhook_secret = secrets.token_hex(24)
        self.settings = Settings()
        self.ports: dict[str, int] = {}

    def start_engines(self) -> None:
        """Start Kafka and MongoDB, with keys where they are missing; what they hold stays as it
        is until :meth:`prepare`."""
        addresses = self._stack.start()  # stops by itself what it began, if it fails
        self.has_begun = True
        self.settings = load_settings(
            kafka=addresses.kafka,
            mongo=addresses.mongo,
            hmac_keys=keys_of(self._data),
            personal_keys=personal_keys_of(self._data),
        )

    def prepare(self) -> None:
        """End what hangs; make topics and indexes where they are missing."""
        end_hanging(self.settings.kafka, self._say)
        self._say("making topics and indexes")
        apply_topics(self.settings.kafka, self.settings.prefix, PARTITIONS)
        database = open_database(self.settings.mongo, self.settings.database)
        try:
            ensure_indexes(database)
            # Once it could be moved, it stays so: without its offset, time would go back.
            if offset_of(database) is not None:
                self._let_clock_move()
        finally:
            database.client.close()

    def announce(self) -> None:
        """Say in the data folder where everything is, so that commands find it."""
        self.ports = self._choose_ports()
        write_instance(
            self._data,
            {
                "kafka": self.settings.kafka,
                "mongo": self.settings.mongo,
                "api_port": self.ports["api"],
                "movable_clock": self.settings.movable_clock,
                "policies": {
                    name: str(path.absolute()) for name, path in self.settings.policy_files.items()
                },
                "health_ports": {name: self.ports[name] for name in WORKERS},
            },
        )

    def start_workers(self, with_movable_clock: bool = False) -> None:
        """Start the workers and the API, and return when they serve."""
        if with_movable_clock:
            self._let_clock_move()
        self.announce()
        children = (CATCHER, *WORKERS) if self.catches_notices else WORKERS
        self._say(f"starting {', '.join(children)}")
        self._supervisor.start([self._child(name) for name in children])
        self._wait_until_ready(children)
        health_ports = {name: self.ports[name] for name in children}
        self._watchdog = Watchdog(health_ports, self._supervisor, self._say)

    def step(self) -> None:
        """Look after engines and workers once.

        Raises:
            InstanceFailedError: an engine failed again soon after it was started again.
        """
        for failure in self._stack.failures():
            now = time.monotonic()
            if now - self._engine_restarts.get(failure.name, -1e9) < _ENGINE_STABLE_SECONDS:
                raise InstanceFailedError(f"{failure}")
            self._engine_restarts[failure.name] = now
            self._say(f"{failure.name} ended by itself; starting it again")
            for node in (*self._stack.kafka, *self._stack.mongo):
                if node.name == failure.name:
                    node.start()
            end_hanging(self.settings.kafka, self._say)
        self._supervisor.step()
        if self._watchdog is not None:
            self._watchdog.step(time.monotonic())

    def stop(self) -> None:
        """Stop intake, workers and engines, in this order."""
        self._supervisor.stop()
        self._stack.stop()

    @property
    def catches_notices(self) -> bool:
        """Whether notices end on this machine: yes, unless somebody set up a channel."""
        settings = self.settings
        return not any(
            (
                settings.smtp_host,
                settings.smpp_host,
                settings.sms_url,
                settings.voice_url,
                settings.push_url,
                settings.letter_url,
                settings.webhook_url,
                settings.chat_robots,
            )
        )

    def _let_clock_move(self) -> None:
        self.settings = self.settings.model_copy(update={"movable_clock": True})

    def _child(self, name: str) -> Worker:
        module = f"services.{name}"
        arguments: tuple[str, ...] = ()
        if name == CATCHER:
            wished = {
                "--smtp": self.ports["smtp"],
                "--http": self.ports[CATCHER],
                "--smpp": self.ports["smpp"],
                "--api": f"http://127.0.0.1:{self.ports['api']}",
                "--address": self.settings.sender_address,
                "--secret": self._webhook_secret,
            }
            module = "infra.catcher"
            arguments = tuple(str(word) for pair in wished.items() for word in pair)
        log = self._data / "logs" / f"{name}.log"
        return Worker(name, module, self._environment(name), log, arguments)

    def _environment(self, name: str) -> dict[str, str]:
        return environment_of(
            self.settings,
            **({} if name in OPENERS else {"personal_keys": ""}),
            health_port=self.ports[name],
            api_port=self.ports["api"],
            console_port=self.ports["console"],
            workers=",".join(f"{name}=http://127.0.0.1:{self.ports[name]}" for name in WATCHED),
            public_url=self._public_url(),
            console_url=self.settings.console_url or f"http://127.0.0.1:{self.ports['console']}",
            **(self._to_catcher() if self.catches_notices else {}),
        )

    def _to_catcher(self) -> dict[str, object]:
        """Return the settings that let notices end on this machine."""
        base, secret = f"http://127.0.0.1:{self.ports[CATCHER]}", self._webhook_secret
        return {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.ports["smtp"],
            "smpp_host": "127.0.0.1",
            "smpp_port": self.ports["smpp"],
            "smpp_user": "complaints",
            "smpp_password": "catcher",
            "api_url": f"http://127.0.0.1:{self.ports['api']}",
            "webhook_url": f"{base}/webhook",
            "voice_url": f"{base}/voice",
            "push_url": f"{base}/push",
            "letter_url": f"{base}/letters",
            "chat_robots": self._robots(base),
            "webhook_secret": secret,
            "voice_secret": secret,
            "push_secret": secret,
            "letter_secret": secret,
            "receipt_secrets": ";".join(f"{name}={secret}" for name in RECEIPTS_FROM),
            "replies": True,
            "webhook_private": True,
        }

    def _robots(self, base: str) -> Path:
        """Return the file with robots of three messengers, all of them at the catcher."""
        path = self._data / "chat-robots.json"
        kinds = ("wecom", "dingtalk", "feishu")
        robots = {}
        for number, team in enumerate((*sorted(load_teams().teams), "others")):
            kind = kinds[number % len(kinds)]
            robots["*" if team == "others" else f"team:{team}"] = {
                "kind": kind,
                "url": f"{base}/robot/{kind}/{quote(team)}",
            }
        write_json(path, {"robots": robots})
        return path

    def _public_url(self) -> str:
        """Return where customers find their page: here, unless somebody said where."""
        if "public_url" in self.settings.model_fields_set:
            return self.settings.public_url
        return f"http://127.0.0.1:{self.ports['api']}"

    def _choose_ports(self) -> dict[str, int]:
        path = self._data / "service-ports.json"
        usual = _USUAL_PORTS | {
            "api": self.settings.api_port or None,
            "console": self.settings.console_port or None,
        }
        ports = choose_ports(usual, read_json(path))
        write_json(path, ports)
        return ports

    def _wait_until_ready(self, children: Sequence[str]) -> None:
        waiting, deadline = list(children), time.monotonic() + _READY_SECONDS
        while waiting := [name for name in waiting if not asks_well(self.ports[name], "/readyz")]:
            shown = {*self._supervisor.crash_looping(), *self._supervisor.refusing()}
            if time.monotonic() > deadline or set(waiting) <= shown:
                raise InstanceFailedError(self._not_ready(waiting, shown))
            self.step()
            time.sleep(0.1)

    def _not_ready(self, waiting: Sequence[str], shown: AbstractSet[str]) -> str:
        """Say who did not get ready, with the last lines of those whose were not ``shown``."""
        logs = ", ".join(str(self._data / "logs" / f"{name}.log") for name in waiting)
        told = [self._supervisor.last_words(name) for name in waiting if name not in shown]
        return f"{' and '.join(waiting)} did not get ready; see {logs}{''.join(told)}"
