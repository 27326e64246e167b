"""Making a model: the same texts give the same file, and held-out texts stay out."""

import json
from pathlib import Path

import pytest

from services.domain.errors import SettingsError
from services.severity.agreement import agreements, read_labels
from services.severity.policy import load_policy
from services.severity.training import corpus
from services.severity.training.fit import fit, prepare
from tests.support.nearness import near

STREAMS = Path(__file__).parents[2] / "corpus"
LINE = "delay\tunknown\t1\tzh\tweb\t-\t0\t"


def test_the_same_texts_give_the_same_bytes(tmp_path: Path) -> None:
    policy, some = load_policy(), corpus.read_training()[::120]
    for name in ("one", "two"):
        fit(prepare(some, policy), policy.version, "x").save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def is_blind(voice: str) -> bool:
    return voice.startswith(corpus.BLIND)


def test_no_held_out_text_is_trained_on() -> None:
    held_out = {one.line.text for one in corpus.read_held_out()}
    trained = {one.line.text for one in corpus.read_training()}
    assert not held_out & trained
    by_hash = [one.line.text for one in corpus.read_held_out() if not is_blind(one.voice)]
    assert all(map(corpus.is_held_out, by_hash))
    in_no_set = [
        one.line.text for one in corpus.read_training() if not one.voice.startswith(corpus.SETS)
    ]
    assert not any(map(corpus.is_held_out, in_no_set))
    assert len(held_out) > 0.09 * (len(held_out) + len(trained))


def test_no_text_is_trained_on_that_is_nearly_one_that_judges() -> None:
    """Neither of the held-out part, nor of the labelled streams of contacts."""
    held_out = [one.line.text for one in corpus.read_held_out()]
    streams = [
        json.loads(line)["text"]
        for file in sorted(STREAMS.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    assert len(streams) > 300
    trained = [one.line.text for one in corpus.read_training()]
    assert list(near([*held_out, *streams], trained, 0.35)) == []


def test_texts_that_share_most_of_their_words_are_told_to_be_near() -> None:
    first, second = "连着三天写客户要求改期,我没要求", "轨迹写“客户要求改期”,我没要求过。"
    assert list(near([second], [first, "快件三天没有更新,请查一下。"], 0.35)) == [(second, first)]


def test_the_corpus_is_as_large_and_varied_as_it_must_be() -> None:
    some = corpus.read_training()
    assert len(some) >= 4000
    assert len({one.voice for one in some}) >= 4
    assert len({one.line.category for one in some}) == 11


def test_texts_are_added_once_and_parted_by_themselves(tmp_path: Path) -> None:
    source = tmp_path / "part09-street-01.tsv"
    texts = [f"第{number}件还没到" for number in range(200)]
    source.write_text("".join(f"{LINE}{text}\n" for text in (*texts, texts[0])), encoding="utf-8")
    counts = corpus.add([source], tmp_path / "corpus")
    assert sum(counts) == len(texts)
    assert {one.line.text for one in corpus.read_training(tmp_path / "corpus")} == {
        text for text in texts if not corpus.is_held_out(text)
    }
    assert (tmp_path / "corpus" / "held-out" / "street.tsv").exists()


def test_a_blind_voice_judges_as_a_whole(tmp_path: Path) -> None:
    source = tmp_path / "blind-street-01.tsv"
    source.write_text("".join(f"{LINE}第{number}件\n" for number in range(50)), encoding="utf-8")
    assert corpus.add([source], tmp_path / "corpus") == (0, 50)
    assert corpus.read_training(tmp_path / "corpus") == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("delay\tunknown\t1\tzh", "8 fields"),
        (LINE.replace("\t1\t", "\t7\t") + "晚了", "level"),
        (LINE.replace("delay", "dleay") + "晚了", "category"),
    ],
)
def test_a_line_that_breaks_the_format_is_named(line: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem) as refused:
        corpus.parse(line, "street.tsv line 3")
    assert "street.tsv line 3" in str(refused.value)


def test_two_labellers_are_compared_on_what_both_labelled() -> None:
    one = read_labels("one", ["a\tdelay\tstaff\t1", "b\tloss\tunknown\t2", "c\tfee\tstaff\t1"])
    other = read_labels("other", ["a\tdelay\tstaff\t1\tmore", "b\tdamage\tunknown\t2"])
    category, cause, level = agreements(one, other)
    assert (category.same, category.total, category.differences) == (1, 2, [("loss", "damage", 1)])
    assert (cause.kappa, level.kappa) == (1.0, 1.0)
    with pytest.raises(SettingsError, match="a second time"):
        read_labels("one", ["a\tdelay\tstaff\t1"] * 2)
