"""The words: complete, courteous, in both languages, and proof against what fields hold."""

import re
import shutil
from pathlib import Path

import pytest

from schemas.notice_words import NoticeChannel, NoticeKind
from services import api
from services.domain.errors import SettingsError
from services.domain.wording.edition import Edition, sources_of
from services.domain.wording.policy import SHIPPED as POLICY_FILE
from services.domain.wording.policy import TEMPLATES, load_texts
from services.domain.wording.sample import sample
from services.domain.wording.wording import (
    LANGUAGES,
    SHORT_CHANNELS,
    Wording,
    one_line,
    shipped,
)

SAMPLE = sample("en")
KINDS = [kind for kind in NoticeKind if kind is not NoticeKind.UNKNOWN]
CUSTOMER = [NoticeKind.ACKNOWLEDGEMENT, NoticeKind.PROGRESS, NoticeKind.RESULT]
CJK = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def wording() -> Wording:
    return shipped()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_reads_in_its_language(
    wording: Wording, kind: NoticeKind, language: str
) -> None:
    words = wording.render(kind, language, sample(language))
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
    words = wording.render(kind, language, sample(language))
    for part in (words.text, words.html):
        assert SAMPLE["tracking"] in part
        assert SAMPLE["link"] in part
        assert SAMPLE["waybill"] in part
    assert SAMPLE["waybill"] in words.subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_result_holds_the_answer_and_the_way_to_the_regulator(
    wording: Wording, language: str
) -> None:
    words = wording.render(NoticeKind.RESULT, language, sample(language))
    assert sample(language)["answer"] in words.text
    for part in (words.text, words.html):
        assert "12305" in part
        assert "12345" in part
    assert ("致歉" if language == "zh" else "apologise") in words.text


@pytest.mark.parametrize("kind", CUSTOMER)
@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_waybill_no_hole_is_left(
    wording: Wording, kind: NoticeKind, language: str
) -> None:
    words = wording.render(kind, language, {**sample(language), "waybill": ""})
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
        ("en/assigned.sentence.j2", "{{ link }}", "assigned has no field link"),
        ("en/breach.txt.j2", "{{ due.missing }}", "no attribute"),
        ("en/breach.txt.j2", " ", "empty"),
        ("en/layout.html.j2", "{{ tracking }}{% block body %}{% endblock %}", "no field tracking"),
    ],
)
def test_a_template_that_cannot_be_right_is_refused_at_the_start(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder)
    (folder / name).write_text(text)
    with pytest.raises(SettingsError, match=problem):
        Wording(Edition(load_texts(), sources_of(folder)))


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder)
    (folder / "zh" / "assigned.html.j2").unlink()
    with pytest.raises(SettingsError, match=r"zh/assigned\.html\.j2"):
        Wording(Edition(load_texts(), sources_of(folder)))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "  survey: [company, tracking, link, rate, waybill, received, digits, optout, stop]\n",
            "",
            "none for survey",
        ),
        ("{zh: 迅达快递客户服务中心, en:", "{en:", "company: zh and en"),
    ],
)
def test_texts_that_are_not_whole_are_refused(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    text = POLICY_FILE.read_text()
    assert old in text
    (tmp_path / "texts.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(SettingsError, match=problem):
        load_texts(tmp_path / "texts.yaml")


def test_templates_that_were_changed_without_a_new_version_are_refused(tmp_path: Path) -> None:
    text = POLICY_FILE.read_text()
    (tmp_path / "texts.yaml").write_text(
        re.sub(r'digest: "\w+"', 'digest: "0123456789abcdef"', text)
    )
    with pytest.raises(SettingsError, match=r"give them a new version, with digest: [0-9a-f]{16}"):
        shipped(tmp_path / "texts.yaml")


@pytest.mark.parametrize("channel", sorted(SHORT_CHANNELS))
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_as_short_as_its_channel(
    wording: Wording, kind: NoticeKind, language: str, channel: NoticeChannel
) -> None:
    words = wording.render(kind, language, sample(language), channel)
    assert 0 < len(words.text.strip()) <= load_texts().longest[channel]
    assert words.html == ""
    if kind in CUSTOMER:
        assert sample(language)["link"] in words.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_tells_all_that_came_of_the_matter(wording: Wording, language: str) -> None:
    known = sample(language)
    words = wording.render(NoticeKind.RESULT, language, known)
    for part in (words.text, words.html):
        wanted = (known["findings"], known["compensation"])
        for text in (*wanted, *known["measures"], *known["apologies"], *known["redress"]):
            assert text in part


def test_an_answer_without_a_record_has_no_holes(wording: Wording) -> None:
    bare = {**SAMPLE, "findings": "", "measures": (), "apologies": (), "compensation": ""}
    words = wording.render(NoticeKind.RESULT, "en", bare)
    assert "What we found" not in words.text
    assert "Compensation" not in words.html
    assert "\n\n\n" not in words.text


def test_a_short_text_that_is_too_long_is_refused_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    shutil.copytree(TEMPLATES, folder)
    (folder / "en" / "survey.short.j2").write_text("{{ link }} " + "very " * 60)
    with pytest.raises(SettingsError, match=r"en/survey\.short"):
        Wording(Edition(load_texts(), sources_of(folder)))


REASONS = (
    "informed", "clerk", "reopened", "transferred", "appeal_opened", "corrected", "in_time",
    "not_due", "incident_joined", "of tomorrow",
)  # fmt: skip


def all_forms(wording: Wording, kind: NoticeKind, language: str, why: str) -> tuple[str, str, str]:
    """Return the long text, the HTML and the short text of a notice for a reason."""
    fields = {**sample(language), "why": why}
    long = wording.render(kind, language, fields)
    short = wording.render(kind, language, fields, NoticeChannel.CHAT)
    return long.text, long.html, short.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_to_staff_says_why_they_get_it(wording: Wording, language: str) -> None:
    told = {why: all_forms(wording, NoticeKind.ASSIGNED, language, why) for why in REASONS}
    for form in range(3):
        assert len({texts[form] for texts in told.values()}) == len(REASONS)
    for why, texts in told.items():
        other_leads = "主办由其他组负责" if language == "zh" else "Another team leads it"
        for text in texts:
            assert SAMPLE["case_id"] in text
            assert (other_leads in text) == (why == "informed")
            assert bool(CJK.search(text)) == (language == "zh")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", ["level_raised", "escalation_skipped"])
def test_only_an_escalation_is_called_one_to_your_team(
    wording: Wording, language: str, why: str
) -> None:
    words = "已升级，由贵组负责" if language == "zh" else "has been escalated and is now with"
    for told, other in zip(
        all_forms(wording, NoticeKind.ESCALATION, language, "escalated"),
        all_forms(wording, NoticeKind.ESCALATION, language, why),
        strict=True,
    ):
        assert words in told
        assert words not in other


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_interim_reply_brings_the_note_and_the_new_date(wording: Wording, language: str) -> None:
    known = sample(language)
    long, html, short = all_forms(wording, NoticeKind.PROGRESS, language, "")
    for text in (long, html):
        assert known["note"] in text
        assert known["due"] in text
    assert known["due"] in short
    proposal = wording.render(
        NoticeKind.PROGRESS, language, {**known, "due": ""}, NoticeChannel.SMS
    )
    assert known["link"] in proposal.text
    bare = wording.render(NoticeKind.PROGRESS, language, {**known, "note": "", "due": ""})
    assert "\n\n\n" not in bare.text
    assert known["due"] not in bare.text + bare.html


def test_customers_are_asked_whether_they_are_satisfied_and_not_whether_they_are_content() -> None:
    folders = (TEMPLATES / "en", Path(api.__file__).parent / "templates")
    pages = [page.read_text() for folder in folders for page in folder.iterdir()]
    assert sum("satisfied" in page for page in pages) >= 6
    asked = re.compile(r"\b(are|were|very|not|how) content\b", re.IGNORECASE)
    assert [page for page in pages if asked.search(page)] == []
