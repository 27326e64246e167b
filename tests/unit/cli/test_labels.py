"""Labels for people, counted, and as texts to learn from; nobody is found in these."""

from typing import Any

import pytest

from schemas.cases import CaseChanged
from schemas.codec import encode
from schemas.contacts import ContactDeduplicated
from schemas.judgements import Judgement, MachineJudgement, Review
from schemas.personal import Personal
from schemas.vocabulary import CaseStatus, ChangeKind
from services.cli.label_lines import corpus_lines, counted, line_of
from services.domain.label_store import Label
from services.domain.masking import masked
from services.domain.retention import without_person
from services.severity.training.corpus import parse
from tests.support.builders import TENANT, VAULT, a_contact, a_deduplicated, at, sealed

CONTACT = a_contact(
    text="我是王小明,电话138 0000 1111,\t单号SF1300000000001,\n手表值5200元,发到w.xm@example.org",
    personal=sealed(Personal(name="王小明", phone="13800001111")),
    declared_value_cny=5200.0,
)


def a_label(before: int = 1, after: int = 3, machine: int | None = 1, **changes: Any) -> Label:
    contact_id = changes.pop("contact_id", CONTACT.contact_id)
    said = None
    if machine is not None:
        said = MachineJudgement(
            category="delay", level=machine, contact_id=contact_id, confidence=0.41,
            policy="severity-1", model="model-1",
        )  # fmt: skip
    change = CaseChanged(
        tenant=TENANT,
        case_id="C1",
        seq=2,
        at=at(),
        kind=ChangeKind.CORRECTED if before != after else ChangeKind.CONFIRMED,
        actor="clerk:7",
        status=CaseStatus.RECEIVED,
        command_id="cmd-1",
        note="八千元\n的镜头" if before != after else None,
        review=Review(
            before=Judgement(category="delay", level=before),
            after=Judgement(category="loss", nature="product", cause="contractor", level=after),
            machine=said,
        ),
    )
    return Label(change, encode(change))


def exported(*labels: Label, contact: ContactDeduplicated | None = None) -> tuple[list[str], int]:
    found = contact or a_deduplicated(CONTACT)
    return corpus_lines(labels, {found.contact.contact_id: found}, VAULT)


def test_a_label_is_told_in_one_line() -> None:
    line = line_of(a_label())
    assert "C1  clerk:7  corrected: category delay → loss; cause unknown → contractor" in line
    assert "level 1 → 3  (41% sure, severity-1 + model-1)  “八千元 的镜头”" in line


def test_an_exported_line_is_one_of_the_corpus_and_names_nobody() -> None:
    (line,), silent = exported(a_label())
    read = parse(line, "labels.tsv line 1")
    assert silent == 0
    assert (read.category, read.cause, read.level, read.lang) == ("loss", "contractor", 3, "zh")
    assert (read.channel, read.declared_value_cny) == ("phone", 5200)
    assert (
        read.text == "我是×,电话000 0000 0000, 单号SF0000000000000, 手表值5200元,发到x@example.com"
    )


@pytest.mark.parametrize(
    ("before", "after", "machine", "level"),
    [
        (1, 3, 1, "3"),  # the person said so
        (3, 3, 1, "1"),  # the case had reached 3 by asking again; of its text he left level 1
        (3, 2, 3, "2"),
        (2, 2, 2, "2"),
    ],
)
def test_the_level_is_that_of_the_text(before: int, after: int, machine: int, level: str) -> None:
    (line,), _ = exported(a_label(before, after, machine))
    assert line.split("\t")[2] == level


def test_what_has_no_text_any_more_is_counted_and_left_out() -> None:
    gone = without_person(a_deduplicated(CONTACT))
    assert exported(a_label(), contact=gone) == ([], 1)
    assert exported(a_label(contact_id="elsewhere"), a_label(machine=None)) == ([], 2)


def test_of_two_labels_about_one_text_the_newest_counts() -> None:
    lines, silent = exported(a_label(1, 4), a_label(1, 3))
    assert ([line.split("\t")[2] for line in lines], silent) == (["4"], 0)


def test_labels_are_counted_by_version_and_by_stated_confidence() -> None:
    lines = counted([a_label(), a_label(2, 2), a_label(machine=None)])
    assert lines[0] == "3 labels, 2 of them corrections"
    text = "\n".join(" ".join(line.split()) for line in lines)
    assert "severity-1 + model-1 2 corrected 50%" in text
    assert "0.4-0.6 2 corrected 50%" in text
    assert "no machine 1 corrected 100%" in text
    assert lines[-1] == "what was corrected: category 3, cause 3, level 2"
    assert counted([])[0] == "0 labels, 0 of them corrections"


def test_short_names_and_amounts_stay_in_a_masked_text() -> None:
    assert masked("李子坏了,赔1200000元,李", Personal(name="李")) == "李子坏了,赔1200000元,李"
    assert masked("I am JO BELL.", Personal(name="Jo Bell")) == "I am ×."
