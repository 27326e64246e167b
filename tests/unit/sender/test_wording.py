"""The words: complete, courteous, in both languages, and proof against what fields hold."""

import re
import shutil
from pathlib import Path

import pytest

from schemas.vocabulary import NoticeKind
from services.domain.errors import SettingsError
from services.sender.policy import SHIPPED as POLICY_FILE
from services.sender.policy import load_policy
from services.sender.wording import LANGUAGES, SAMPLE, SHIPPED, Wording, one_line

KINDS = [kind for kind in NoticeKind if kind is not NoticeKind.UNKNOWN]
CUSTOMER = [NoticeKind.ACKNOWLEDGEMENT, NoticeKind.PROGRESS, NoticeKind.RESULT]
CJK = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording(load_policy())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_reads_in_its_language(
    wording: Wording, kind: NoticeKind, language: str
) -> None:
    words = wording.render(kind, language, SAMPLE)
    for part in words:
        assert bool(CJK.search(part)) == (language == "zh")
        assert "{{" not in part
        assert "{%" not in part
    if language == "zh":
        sentence = re.sub(r"<[^>]*>", "", words.text)
        assert not re.search(r"[\u4e00-\u9fff][,:;!?]", sentence)  # full width among Chinese


@pytest.mark.parametrize("kind", CUSTOMER)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_customer_gets_the_code_the_link_and_the_waybill(
    wording: Wording, kind: NoticeKind, language: str
) -> None:
    words = wording.render(kind, language, SAMPLE)
    for part in (words.text, words.html):
        assert SAMPLE["tracking"] in part
        assert SAMPLE["link"] in part
        assert SAMPLE["waybill"] in part
    assert SAMPLE["waybill"] in words.subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_result_holds_the_answer_and_the_way_to_the_regulator(
    wording: Wording, language: str
) -> None:
    words = wording.render(NoticeKind.RESULT, language, SAMPLE)
    assert SAMPLE["answer"] in words.text
    for part in (words.text, words.html):
        assert "12305" in part
        assert "12345" in part
    assert ("致歉" if language == "zh" else "apologise") in words.text


@pytest.mark.parametrize("kind", CUSTOMER)
@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_waybill_no_hole_is_left(
    wording: Wording, kind: NoticeKind, language: str
) -> None:
    words = wording.render(kind, language, {**SAMPLE, "waybill": ""})
    assert "()" not in words.subject
    assert "\uff08\uff09" not in words.subject
    assert "  " not in words.text


def test_a_language_we_do_not_write_becomes_english(wording: Wording) -> None:
    sample = wording.render(NoticeKind.PROGRESS, "fr", SAMPLE)
    assert sample == wording.render(NoticeKind.PROGRESS, "en", SAMPLE)


@pytest.mark.parametrize("field", ["waybill", "answer", "tracking"])
def test_html_in_a_field_stays_text(wording: Wording, field: str) -> None:
    hostile = "<script>alert(1)</script>\"' onload=x"
    html = wording.render(NoticeKind.RESULT, "en", {**SAMPLE, field: hostile}).html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_template_in_a_field_stays_text(wording: Wording) -> None:
    words = wording.render(NoticeKind.RESULT, "en", {**SAMPLE, "answer": "{{ 7 * 6 }}{% x %}"})
    assert "{{ 7 * 6 }}{% x %}" in words.text


@pytest.mark.parametrize(
    "waybill", ["1\r\nBcc: all@example.com", "1\nX: y", "1\x00\x1b[2J", "1\u2028X", "1\u202egnp"]
)
def test_a_subject_is_one_line_whatever_a_field_holds(wording: Wording, waybill: str) -> None:
    subject = wording.render(NoticeKind.PROGRESS, "en", {**SAMPLE, "waybill": waybill}).subject
    assert subject.isprintable()
    assert len(subject.splitlines()) == 1


def test_a_subject_is_never_endless() -> None:
    assert len(one_line("x" * 5000)) == 150


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("en/progress.txt.j2", "Dear {{ phone }}", "progress has no field phone"),
        ("zh/result.html.j2", "{{ answer.__class__ }}", "unsafe"),
        ("zh/warning.subject.j2", "{% if %}", "warning.subject.j2"),
        ("en/breach.txt.j2", "{{ due.missing }}", "no attribute"),
        ("en/breach.txt.j2", " ", "empty"),
        ("en/layout.html.j2", "{{ tracking }}{% block body %}{% endblock %}", "no field tracking"),
    ],
)
def test_a_template_that_cannot_be_right_is_refused_at_the_start(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(SHIPPED, folder)
    (folder / name).write_text(text)
    with pytest.raises(SettingsError, match=problem):
        Wording(load_policy(), folder)


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(SHIPPED, folder)
    (folder / "zh" / "assigned.html.j2").unlink()
    with pytest.raises(SettingsError, match=r"zh/assigned\.html\.j2"):
        Wording(load_policy(), folder)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("budget_seconds: 12", "budget_seconds: 19", "exceed 20 seconds"),
        ("    assigned: [company, case_id, team, level]\n", "", "no fields for assigned"),
        ("{zh: 迅达快递客户服务中心, en:", "{en:", "company: zh and en"),
        ("on_unknown: {mandatory: resend_same_id", "on_unknown: {mandatory: hope", "on_unknown"),
    ],
)
def test_a_policy_that_is_not_whole_is_refused(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    text = POLICY_FILE.read_text()
    assert old in text
    (tmp_path / "policy.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(SettingsError, match=problem):
        load_policy(tmp_path / "policy.yaml")
