"""Commands to the HTTP API, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal
from urllib.parse import quote

import httpx

from schemas.vocabulary import Refusal
from services.domain.sessions import HEADER, Session, Sessions

LONGER_SECONDS: Final = 6.0
"""The API waits for the outcome, and before that perhaps for Kafka."""
PROOF: Final = timedelta(minutes=1)
"""How long what the console says of a clerk holds at the API."""
End = Literal["accepted", "pending", "stale", "refused", "invalid", "unavailable", "unknown_case"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended; ``refusal``, ``explanation``, ``rule`` and ``field`` as the API gives
    them. ``field``: what of the body it is about, as a path with dots; empty where nothing is."""

    end: End
    refusal: str | None = None
    explanation: str = ""
    rule: str = ""
    field: str = ""
    command_id: str = ""
    """Of a command whose end is not known yet: by what its end is found, in which case."""
    case_id: str = ""


class Desk:
    """The way to the API, with the key it wants; ``wait`` is how long it waits for outcomes.
    ``sessions`` prove to it which clerk acts."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        key: str,
        tenant: str,
        wait: float,
        sessions: Sessions,
    ) -> None:
        self._client = client
        self._sessions = sessions
        self._url = url
        self._seconds = wait + LONGER_SECONDS
        self._headers = {"X-Tenant": tenant}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    async def act(self, case_id: str, session: Session, form: Mapping[str, Any]) -> Outcome:
        """Send a command in the clerk's name; what is empty is left out."""
        return await self._send(session, f"/v1/cases/{quote(case_id, safe='')}/commands", form)

    async def say(
        self, session: Session, incident_id: str | None, form: Mapping[str, Any]
    ) -> Outcome:
        """Say something of an incident in the clerk's name; that there is one, without its id."""
        path = "" if incident_id is None else f"/{quote(incident_id, safe='')}/commands"
        return await self._send(session, f"/v1/incidents{path}", form)

    async def _send(self, session: Session, path: str, form: Mapping[str, Any]) -> Outcome:
        body = {name: value for name, value in form.items() if value not in (None, "")}
        proof = self._sessions.seal(session.actor, PROOF)
        try:
            answer = await self._client.post(
                f"{self._url}{path}",
                json=body,
                headers=self._headers | {HEADER: proof},
                timeout=self._seconds,
            )
            said: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            return Outcome("unavailable")
        return _outcome(answer.status_code, said)


def _outcome(status: int, said: Mapping[str, Any]) -> Outcome:
    if status == 200:
        return Outcome("accepted")
    if status == 202:
        sent = {name: str(said.get(name, "")) for name in ("command_id", "case_id")}
        return Outcome("pending", **sent)
    if status == 403:
        return Outcome("refused", Refusal.NOT_PERMITTED)
    if status == 404:
        return Outcome("unknown_case")
    if status == 409:
        refusal = str(said.get("refusal", ""))
        end: End = "stale" if refusal == "stale" else "refused"
        words = str(said.get("explanation") or said.get("message", ""))
        return Outcome(end, refusal, words, str(said.get("rule", "")), str(said.get("field", "")))
    if status in (400, 413, 422):
        words, rule = str(said.get("message", "")), str(said.get("rule", ""))
        return Outcome("invalid", None, words, rule, str(said.get("field", "")))
    return Outcome("unavailable")
