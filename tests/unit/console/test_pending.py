"""A command whose end was not known when the page was answered: its end is told once it is."""

import re

import pytest

from tests.support.console_desk import Console


def sent_to_nobody(console: Console, kind: str, **form: str) -> tuple[str, str]:
    """Send a command while its worker is away; return the case and where the page led."""
    console.sign_in("clerk-901")
    case_id = console.case(id="a1")
    console.api.pipeline.workers_are_away = True
    taken = console.act(case_id, kind, **form)
    console.api.pipeline.workers_are_away = False
    assert taken.status_code == 303
    return case_id, taken.headers["location"]


def worked_off(console: Console) -> None:
    """Let the worker of cases read the command by now."""
    console.api.pipeline._decide(console.api.pipeline.published[-1])


def is_settled(console: Console, case_id: str, page: str) -> bool:
    """Return what an open page is told when it asks."""
    answer = console.client.get(f"/cases/{case_id}/seq?{page.partition('?')[2]}")
    return bool(answer.json()["settled"])


@pytest.mark.parametrize(
    ("language", "unknown", "known"),
    [
        ("en", "the outcome is not known yet", "The answer is sent."),
        ("zh", "结果尚未确定", "答复已发出。"),
    ],
)
def test_an_outcome_that_is_not_known_yet_is_not_called_done_before_it_is(
    console: Console, language: str, unknown: str, known: str
) -> None:
    case_id, page = sent_to_nobody(console, "resolve", note="It was found.")
    shown = console.page(page, language)
    assert (unknown in shown, known in shown, "data-pending" in shown) == (True, False, True)
    assert not is_settled(console, case_id, page)
    worked_off(console)
    assert is_settled(console, case_id, page)
    shown = console.page(page, language)
    assert (unknown in shown, known in shown, "data-pending" in shown) == (False, True, False)


def test_what_is_refused_in_the_end_is_told_with_its_form_open(console: Console) -> None:
    case_id, page = sent_to_nobody(console, "note", note="my words")
    late = console.api.pipeline.published[-1]
    console.api.act(case_id, "note", note="from a colleague")
    console.api.pipeline._decide(late)
    shown = console.page(page)
    assert "The case changed after you opened it" in shown
    assert "is-new" in shown.partition("from a colleague")[0]
    assert re.search(r'id="action-note"\s+open', shown)
    assert 'id="done"' not in shown


@pytest.mark.parametrize("asked", ["command=x&of=", "command=%2e&of=CX", "command=x&of=CX", ""])
def test_a_command_that_nobody_knows_stays_unknown(console: Console, asked: str) -> None:
    case_id = console.case(id="a1")
    assert "is not known yet" in console.page(f"/cases/{case_id}?done=pending&{asked}")
    answer = console.client.get(f"/cases/{case_id}/seq?{asked}")
    assert (answer.json()["seq"], answer.json()["settled"]) == (1, False)
