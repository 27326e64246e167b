"""What a case's page shows of a form that was not taken. Pure."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from services.console.acting import Outcome
from services.console.actions import Action
from services.console.command_form import Typed
from services.console.refusals import case_words, field_of
from services.console.viewing import Viewing

EMPTY: Final = dict.fromkeys((*Typed.model_fields, "wrong"), "")
"""A form into which nothing was typed, and no field of which is wrong."""


def of_form(
    outcome: Outcome | None,
    form: Mapping[str, Any] | None,
    actions: Iterable[Action],
    tasks: Collection[str],
    view: Viewing,
) -> dict[str, Any]:
    """Return what was typed, and which field is ``wrong``; why it was not taken (``refusal``);
    what was typed where its form is gone (``homeless``), given the ``actions`` and open ``tasks``
    of the page; and the form that is sent ``again`` under its key, as nobody knows whether it took
    effect."""
    if outcome is None or form is None:
        return {"form": EMPTY, "again": None, "refusal": "", "homeless": "", "outcome": None}
    has_form = form["kind"] in {one.kind for one in actions} or form["task"] in tasks
    return {
        "form": {**EMPTY, **form, "wrong": field_of(outcome, form)},
        "again": form if outcome.end == "unavailable" else None,
        "refusal": case_words(
            outcome, form, view.texts, view.teams, has_form=has_form or not form["note"]
        ),
        "homeless": "" if has_form else form["note"],
        "outcome": outcome,
    }
