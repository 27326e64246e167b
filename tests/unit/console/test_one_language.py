"""A Chinese page has no English word and an English page no Chinese one, save names and ids."""

import json
import re
from html.parser import HTMLParser
from typing import Final

import pytest

from services.cli.worker import WORKERS
from services.console.grounds import rule_name, rule_names
from services.console.language import texts_of
from services.console.pages import HERE
from services.console.sampling import Look, point_of
from services.domain.policies import parse_yaml
from services.severity import policy as severity
from tests.support.builders import NOON
from tests.support.console_desk import ORIGIN, Console, a_console

CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
ENGLISH: Final = re.compile(r"[A-Za-z][A-Za-z'’]+")
NAMES: Final = re.compile(
    r"\b[CI][0-9A-Z]{12,}\b|clerk-\d+|[a-z]+-\d{4}\.\d+|\b[a-z]+(?:-[a-z]+)+\b|SF\d+"
    r"|COMPLAINTS_\w+|\./complaints [a-z ]+|UTC|Ctrl|Enter|English|中文|\bApp\b|PDF|HTML|root|team:"
    r"|Kafka|MongoDB|partner:|authority:|London|GB|gb|(?<=合作单位 )(?:us|au)|CN"
)
"""Ids of cases, people, policies, teams and nodes; keys; commands; products; what is the same in
both."""
WALK: Final = re.compile(r"[a-z-]+(?: → [a-z-]+)+|\bmajor\b")
"""Nodes of the routing policy, by their ids."""
PLACES: Final = re.compile(r"\bCN · [a-z-]+(?: · [a-z-]+)?")
"""Where rules hold, by the ids of the places."""
SAID: Final = {
    "zh": {
        "text": "快件丢了，里面是八千元的相机，三天没有人回复，要向邮政局申诉",
        "goods": "相机",
        "remedy_sought": "全额赔偿",
        "origin": "深圳",
        "destination": "成都",
        "hub": "东莞分拨",
        "declared_value_cny": 8800,
    },
    "en": {
        "text": "My parcel is lost, a camera of 8000 yuan; nobody replied for three days",
        "goods": "camera",
        "remedy_sought": "the full value",
        "origin": "Shenzhen",
        "destination": "Chengdu",
        "hub": "Dongguan hub",
        "declared_value_cny": 8800,
    },
}
WATCHED: Final = [one for one in WORKERS if one != "console"]
NOTE: Final = {"zh": "已致电网点", "en": "Called the station"}


class Words(HTMLParser):
    """What a page shows, and what it tells those who hear it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")
        told = dict(attrs)
        # A rule's id stands behind its name, for those who change the rules.
        for name in (
            "aria-label",
            "placeholder",
            "data-label",
            *(("title",) if tag != "td" else ()),
        ):
            self.found.append(told.get(name) or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def strangers(page: str, language: str) -> set[str]:
    """The words of a page that are of another language."""
    words = Words()
    words.feed(page)
    text = re.sub(r"\d{4}-\d\d-\d\dT\S+", " ", "\n".join(words.found))
    for known in (LAWS, PLACES, WALK, NAMES):
        text = known.sub(" ", text)
    found = ENGLISH if language == "zh" else re.compile(f"{CHINESE.pattern}+")
    return set(found.findall(text))


def _laws() -> "re.Pattern[str]":
    """What limits rest on is cited by its own name."""
    folder = HERE.parent / "domain"
    texts = [
        (folder / name).read_text("utf-8")
        for name in ("clocks/limits.yaml", "compensation/rules.yaml")
    ]
    named = {basis for text in texts for basis in _basis(parse_yaml(text))}
    return re.compile("|".join(sorted(map(re.escape, named), key=len, reverse=True)))


def _basis(part: object) -> "list[str]":
    if isinstance(part, dict):
        own = [str(part["basis"])] if "basis" in part else []
        return own + [one for value in part.values() for one in _basis(value)]
    return [one for value in part for one in _basis(value)] if isinstance(part, list) else []


LAWS: Final = _laws()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_is_in_one_language(console: Console, language: str) -> None:
    console.sign_in("clerk-101")
    case_id = console.case(id="a1", waybill="SF1300000000001", customer="c", **SAID[language])
    console.case(id="a2", waybill="SF1300000000001", customer="c", **SAID[language])
    steps = [
        ("acknowledge", {}),
        ("assign", {"assignee": "clerk-102"}),
        ("record", {"part": "finding", "outcome": "valid", "party": "staff"}),
        ("transfer", {"unit": "team:claims"}),
        ("note", {}),
        ("resolve", {}),
    ]
    paths = ["/cases", f"/cases/{case_id}", "/sign-in", "/pipeline", "/incidents", "/cases?q=ZZ"]
    paths += ["/tasks", "/tasks?team=claims"]
    for kind, form in steps:
        page = console.page(f"/cases/{case_id}", language)
        assert strangers(page, language) == set(), kind
        seq = re.search(r'name="expected_seq" value="(\d+)"', page)
        assert seq is not None
        form = {"note": NOTE[language], "key": kind, "expected_seq": seq[1]} | form
        assert console.act(case_id, kind, **form).status_code == 303
    place = {"kind": "open", "key": "k", "hub": SAID[language]["hub"], "category": "loss"}
    console.client.post("/incidents", data=place | {"note": NOTE[language]}, headers=ORIGIN)
    found = re.search(r'href="(/incidents/[^"]+)"', console.page("/incidents", language))
    assert found is not None
    for path in (*paths, found[1]):
        assert strangers(console.page(path, language), language) == set(), path
    for path in ("/nowhere", "/cases/NOBODY", "/incidents/NOBODY"):
        assert strangers(console.page(path, language, 404), language) == set(), path


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_pipeline_tells_of_its_workers_is_in_one_language(language: str) -> None:
    with a_console(workers=",".join(f"{name}=http://{name}:1" for name in WATCHED)) as console:
        for said in ("mongodb: no primary", "paused by li since noon: index", "an unknown thing"):
            away = point_of(None, [Look(False, said, {"": 0.0})], 3.0, None)
            console.watch.series.add(NOON, dict.fromkeys(WATCHED, away))
            page = console.page("/pipeline", language)
            words = json.loads(re.search(r"data-words='([^']*)'", page)[1])  # type: ignore[index]
            answer = console.client.get("/pipeline/data").json()
            told = [re.sub(r"\{\w+\}", "", one) for one in words.values()]
            shown = [re.sub(r'<span class="muted small id">\w+', "", page), *told]
            for point in answer["workers"].values():
                shown += [words[f"trouble.{point['trouble']}"], words[f"state.{point['state']}"]]
                assert point["detail"] == said  # beside it, folded away
            assert strangers(" ".join(shown), language) == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_refusal_is_in_the_language_of_the_page(console: Console, language: str) -> None:
    console.sign_in("clerk-101")
    place = {"kind": "open", "key": "k", "hub": SAID[language]["hub"], "category": "loss"}
    console.client.post("/incidents", data=place | {"note": NOTE[language]}, headers=ORIGIN)
    found = re.search(r'href="(/incidents/[^"]+)"', console.page("/incidents", language))
    assert found is not None
    refused = console.client.post(
        f"{found[1]}/commands",
        data={"kind": "add", "key": "k2", "case_id": "NOBODY", "note": NOTE[language]},
        headers=ORIGIN | {"Accept-Language": language},
    )
    assert refused.status_code == 422
    assert ("There is no case with this id" if language == "en" else "没有这个案件") in refused.text
    assert strangers(refused.text, language) == set()


def test_nearly_every_rule_of_the_severity_policy_has_a_chinese_name() -> None:
    told = severity.load_policy()
    ids = {
        *told.signs,
        *(one.id for part in (told.categories, told.causes, told.levels) for one in part),
    }
    zh, en = texts_of("zh"), texts_of("en")
    unnamed = {one for one in ids if not CHINESE.search(rule_name(one, zh))}
    assert len(unnamed) <= len(ids) // 20, unnamed
    assert all("_" not in rule_name(one, en) for one in ids)
    assert rule_name("level_urgent_papers_late", en) == "Urgent papers late"


def test_chinese_texts_have_chinese_punctuation() -> None:
    zh = texts_of("zh")
    shown = [text for key in sorted(zh.keys()) for text in _forms(zh._texts[key])] + list(
        rule_names().values()
    )
    half_width = re.compile(r"[\u3400-\u9fff][,;:!?]|[\u3400-\u9fff] ?\([^)]*\)")
    assert [text for text in shown if half_width.search(text)] == []


def _forms(text: "str | dict[str, str]") -> list[str]:
    return list(text.values()) if isinstance(text, dict) else [text]
