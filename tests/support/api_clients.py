"""Channels that hand contacts in over HTTP, and what became of everything they were promised."""

import http.client
import json
import threading
import time
from collections import Counter
from typing import Final, Self

from schemas.personal import KeyRing
from tests.support.checker import Tally
from tests.support.namespaces import Namespace
from tests.support.traffic import Kind, Sending, Traffic

CLIENTS: Final = 6


class Clients:
    """Channels that hand contacts in and send each again until it is taken; where they are
    ``reachable``, with an e-mail address of each customer."""

    def __init__(self, port: int, keys: KeyRing, rate: float, *, reachable: bool = False) -> None:
        self._port = port
        self._reachable = reachable
        self._traffic = Traffic(keys, seed=11, commands=0.0)
        self._pause = CLIENTS / rate
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(CLIENTS)]
        self.taken: list[Sending] = []
        self.tries = 0
        self.answers: Counter[int] = Counter()
        """Answers by status; 0 stands for a connection that broke."""
        self.longest = 0.0
        """Seconds that the most patient client needed to get a contact taken."""

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let every client bring its last contact through."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        while not self._stop.is_set():
            with self._lock:
                sending = self._traffic.next()
            begun = time.monotonic()
            while not self._post(connection, sending):
                if self._stop.wait(0.1):
                    break
            self.longest = max(self.longest, time.monotonic() - begun)
            self._stop.wait(self._pause)
        connection.close()

    def _post(self, connection: http.client.HTTPConnection, sending: Sending) -> bool:
        self.tries += 1
        try:
            form = sending.form or {}
            email = {"email": f"{form['customer']}@example.com"} if self._reachable else {}
            body = json.dumps(form | email)
            connection.request("POST", "/v1/contacts", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.answers[0] += 1
            return False
        self.answers[answer.status] += 1
        if answer.status >= 500:
            return False
        assert answer.status == 202, answer.status
        self.taken.append(sending)
        return True


def tally_of(namespace: Namespace, clients: Clients) -> Tally:
    """Count the effects of everything that was acknowledged."""
    effects: Counter[str] = Counter()
    for entry in namespace.database["case_log"].find({}, {"marks": 1, "inputs": 1}):
        effects.update(entry["marks"][entry["inputs"] :])
    tally = Tally(contacts=len(clients.taken))
    for sending in clients.taken:
        if sending.kind is not Kind.CONFLICT and effects[sending.token] == 0:
            tally.lost.append(sending.token)
    tally.doubled = [token for token, count in effects.items() if count > 1]
    return tally
