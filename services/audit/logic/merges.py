"""Check M: merges are known on both sides, and lead to a case that is merged into no other.

Counted from the events of each case. Where a command about a merge is still under way between
two cases, they may differ: that is waiting, not wrong.
"""

from collections.abc import Mapping
from typing import Any, Final

from services.audit.logic.findings import Defect, Findings
from services.audit.logic.history import History

_SPOKEN: Final = ("absorb-", "answer-", "detach-", "merge-", "merged-")
"""How the ids of commands begin by which cases agree about a merge."""


class MergesCheck:
    """Feed each case once."""

    def __init__(self) -> None:
        self._found = Findings("M", "merges: known on both sides, one step deep, without a cycle")
        self._heads: dict[str, tuple[str, str]] = {}
        self._children: dict[str, dict[str, str]] = {}
        self._sent: set[tuple[str, str]] = set()
        self._settled: set[tuple[str, str]] = set()

    def case(self, history: History) -> None:
        """The log of one case."""
        key = history.case_key
        tenant = key.partition("|")[0]
        for event in history.events:
            self._event(key, tenant, event.body)
        for entry in history.entries:
            self._settled.update((key, one.command_id) for one in entry.settlements)
            self._sent.update(
                (one.case_key, one.command_id)
                for one in entry.sent
                if one.command_id.startswith(_SPOKEN)
            )

    def _event(self, key: str, tenant: str, body: Mapping[str, Any]) -> None:
        kind, link = body.get("kind"), body.get("merge") or {}
        if kind == "absorbed_into":
            self._heads[key] = (f"{tenant}|{link.get('head')}", str(link.get("merge_id")))
        elif kind == "detached":
            self._heads.pop(key, None)
        elif kind == "merged":
            children = self._children.setdefault(key, {})
            children[f"{tenant}|{link.get('child')}"] = str(link.get("merge_id"))
        elif kind == "unmerged":
            self._children.get(key, {}).pop(f"{tenant}|{link.get('child')}", None)

    def findings(self) -> Findings:
        """Say what is wrong, after the last case."""
        busy = {case for case, _ in self._sent - self._settled}
        for child, (head, merge_id) in self._heads.items():
            self._found.examined += 1
            if self._children.get(head, {}).get(child) != merge_id:
                self._differ(busy, child, head)
            elif head in self._heads:
                self._wrong(busy, (child, head), Defect.CHAINED, f"{child} into {head}")
        for head, children in self._children.items():
            for child, merge_id in children.items():
                if self._heads.get(child) != (head, merge_id):
                    self._differ(busy, head, child)
        return self._found

    def _differ(self, busy: set[str], one: str, other: str) -> None:
        self._wrong(busy, (one, other), Defect.ONE_SIDED, f"{one} names {other}")

    def _wrong(self, busy: set[str], cases: tuple[str, str], defect: Defect, detail: str) -> None:
        if busy.isdisjoint(cases):
            self._found.found(defect, cases[0], detail)
        else:
            self._found.waiting += 1
