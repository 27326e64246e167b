"""Texts that nobody wrote for us: each is judged, and nothing is critical without its words."""

from schemas.scores import Score
from services.severity.folding import Folder
from services.severity.logic import Contact, Judge
from services.severity.policy import SeverityPolicy
from tests.support.real_texts import real_lines

CRITICAL = 4


def scores_of(judge: Judge, lines: list[str]) -> list[Score]:
    return judge.judge_all([Contact(line) for line in lines])


def test_every_line_about_couriers_is_judged_with_a_reason(judge: Judge) -> None:
    lines = real_lines()
    scores = scores_of(judge, lines)
    assert len(scores) == len(lines) > 300
    assert all(1 <= score.level <= CRITICAL and score.reasons for score in scores)


def test_what_is_critical_names_a_rule_of_level_and_words_that_stand_in_the_text(
    judge: Judge, policy: SeverityPolicy
) -> None:
    folder = Folder(policy.spellings)
    lines = real_lines()
    for line, score in zip(lines, scores_of(judge, lines), strict=True):
        if score.level < CRITICAL:
            continue
        details = [one.detail for one in score.reasons if one.rule.startswith("level_")]
        found = [piece for detail in details if detail for piece in pieces_of(detail)]
        assert found, line
        assert all(piece in folder.fold(line) for piece in found), (line, found)


def pieces_of(detail: str) -> list[str]:
    """Return the words of a reason; what stood between them is left out in it."""
    return [piece.strip() for part in detail.split(" / ") for piece in part.split("~")]
