"""``complaints notice``: why somebody was told or not, and what notices look like."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from services.adapters.case_notices import MemoryCaseNotices
from services.cli.api_client import Api, Reply
from services.cli.notice import command
from services.domain.notice_fates import Fate
from services.domain.notice_why import Decided
from tests.support.api_desk import a_desk
from tests.unit.domain.test_notice_why import TABLE


def say_why(monkeypatch: pytest.MonkeyPatch, fates: list[Fate], *arguments: str) -> tuple[int, str]:
    """Return the exit code of ``complaints notice why`` about these fates, and what it says."""
    with a_desk() as desk:

        def ask(self: Api, method: str, path: str, body: Any = None) -> Reply:
            answer = desk.client.request(method, path)
            return Reply(answer.status_code, answer.json())

        monkeypatch.setattr(Api, "ask", ask)
        monkeypatch.setattr(MemoryCaseNotices, "of_case", lambda *_: fates)
        result = CliRunner().invoke(
            command, ["why", "C1", "--api", "http://localhost", *arguments], standalone_mode=False
        )
    assert result.exception is None
    return int(result.return_value or 0), result.output


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_decision_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    code, said = say_why(monkeypatch, [fate for fate, _ in TABLE], "contact:c1", "--lang", language)
    assert code == 0
    assert len(said.splitlines()) == len(TABLE)
    assert all("taken_up" in line and "contact:c1" in line for line in said.splitlines())


def test_each_word_stands_in_the_answer_for_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    _, said = say_why(monkeypatch, [fate for fate, _ in TABLE], "--json")
    assert all(f'"decided": "{word}"' in said for word in Decided)


def test_of_whom_nothing_was_decided_the_command_says_so_and_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, said = say_why(monkeypatch, [TABLE[0][0]], "team:claims", "--lang", "en")
    assert (code, said) == (1, "Nobody of that name was to be told anything about this case.\n")


def preview(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, ["preview", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_short_message_is_shown_with_how_many_it_takes() -> None:
    code, said, beside = preview("result", "--lang", "zh", "--channel", "sms")
    assert (code, "已有处理结果" in said) == (0, True)
    assert "SMS, " in beside
    assert "characters of ucs2" in beside


def test_all_forms_are_written_in_both_languages(tmp_path: Path) -> None:
    code, said, _ = preview("result", "--to", str(tmp_path / "new"))
    assert code == 0
    made = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert made == sorted(
        f"result.{language}.{form}"
        for language in ("zh", "en")
        for form in ("html", "txt", "sms.txt", "pdf")
    )
    assert sorted(Path(line).name for line in said.splitlines()) == made
    assert (tmp_path / "new" / "result.zh.pdf").read_bytes().startswith(b"%PDF-")
    assert "<!doctype html>" in (tmp_path / "new" / "result.en.html").read_text()


def test_what_is_not_written_on_paper_has_no_letter(tmp_path: Path) -> None:
    assert preview("survey", "--to", str(tmp_path))[0] == 0
    assert not list(tmp_path.glob("*.pdf"))
    code, _, beside = preview("survey", "--channel", "letter")
    assert (code, "survey is not written for letter" in beside) == (2, True)
