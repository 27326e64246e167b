"""The words a notice was written with stay its words, whatever the texts say today."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic_core import from_json, to_json

from schemas.notice_words import NoticeChannel, NoticeKind, NoticeState
from services.domain.clocks.book import MemoryPolicyArchive
from services.domain.errors import SettingsError
from services.domain.send_store import Claim
from services.domain.wording.edition import digest_of, load_edition, sources_of
from services.domain.wording.policy import SHIPPED, TEMPLATES, load_texts
from services.domain.wording.sample import sample
from services.sender.library import Library
from tests.support.manual_clock import ManualClock
from tests.support.policy_in_use import Counts
from tests.unit.sender.desk import Died, SenderDesk, a_notice, dying, settlements
from tests.unit.sender.office import Office


class Shelf:
    """An operator's own file of texts with one template, and the library that reads it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "texts.yaml"
        self.archive = MemoryPolicyArchive()
        self.counts, self.clock = Counts(), ManualClock()
        self._writes = 0
        self.write("own-1", "【迅达】我们正在处理。")
        self.library = self.open()

    def open(self) -> Library:
        return Library(self.file, self.archive, self.counts, self.clock.monotonic)

    def write(self, version: str, short: str, digest: str | None = None) -> None:
        """Write both files; the digest is the one of what is written unless another is given."""
        own = self.file.parent / "templates" / "zh"
        own.mkdir(parents=True, exist_ok=True)
        (own / "progress.short.j2").write_text(short, encoding="utf-8")
        made_of = digest_of({**sources_of(TEMPLATES), **sources_of(own.parent)})
        text = SHIPPED.read_text(encoding="utf-8").replace(load_texts().version, version)
        text = text.replace(load_texts().digest, digest or made_of)
        self.file.write_text(text, encoding="utf-8")
        self._writes += 1
        os.utime(self.file, ns=(self._writes * 10**9, self._writes * 10**9))
        if self._writes > 1:
            self.clock.advance(2)

    def short(self, edition: str | None = None) -> str:
        words = self.library.of(edition)
        fields, over = sample("zh"), NoticeChannel.SMS
        return words.render(NoticeKind.PROGRESS, "zh", fields, over).text.strip()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_an_own_file_with_one_template_takes_the_others_from_the_service(shelf: Shelf) -> None:
    assert shelf.short() == "【迅达】我们正在处理。"
    result = shelf.library.of(None).render(NoticeKind.RESULT, "zh", sample("zh"))
    assert sample("zh")["answer"] in result.text


def test_new_texts_are_taken_up_and_the_old_ones_are_still_to_be_had(shelf: Shelf) -> None:
    before = shelf.library.of(None).edition
    shelf.write("own-2", "【迅达】有进展。")
    assert shelf.short() == "【迅达】有进展。"
    assert shelf.short(before) == "【迅达】我们正在处理。"
    assert shelf.counts.told == ["texts taken up"]


def test_after_a_restart_the_old_texts_come_out_of_the_archive(shelf: Shelf) -> None:
    before = shelf.library.of(None).edition
    shelf.write("own-2", "【迅达】有进展。")
    shelf.library = shelf.open()
    assert shelf.short(before) == "【迅达】我们正在处理。"


@pytest.mark.parametrize(
    ("version", "short", "digest"),
    [
        ("own-2", "{{ answer }}", None),
        ("own-2", "{% if %}", None),
        ("own-2", "有进展。", "0123456789abcdef"),
        ("own-1", "同一个版本，另一段话。", None),
    ],
)
def test_bad_texts_are_refused_and_those_before_count_on(
    shelf: Shelf, version: str, short: str, digest: str | None
) -> None:
    shelf.write(version, short, digest)
    assert shelf.short() == "【迅达】我们正在处理。"
    assert shelf.counts.told == ["texts refused"]
    shelf.write("own-3", "好了。")
    assert shelf.short() == "好了。"


def test_bad_texts_at_the_start_stop_the_sender(shelf: Shelf) -> None:
    shelf.write("own-2", "{{ answer }}")
    with pytest.raises(SettingsError, match="progress has no field answer"):
        shelf.open()


def test_an_edition_that_nobody_kept_gives_the_words_in_force(shelf: Shelf) -> None:
    assert shelf.short("lost-1:0123456789abcdef") == "【迅达】我们正在处理。"


def test_texts_of_a_version_that_knew_fewer_kinds_are_still_to_be_had(shelf: Shelf) -> None:
    """Else every new kind took the words away from what was written before it."""
    content = from_json(load_edition().as_text().replace(load_texts().version, "older-1"))
    del content["texts"]["fields"]["payment_failed"]
    shelf.archive.keep("texts", "older-1", to_json(content).decode())
    older = f"older-1:{load_texts().digest}"
    assert shelf.library.of(older).edition == older
    assert shelf.short(older) != shelf.short()


def test_a_letter_names_the_edition_of_its_words() -> None:
    letter = Office().write()
    edition = load_edition().name
    assert edition == f"{load_texts().version}:{load_texts().digest}"
    assert getattr(letter, "texts", None) == edition


def test_what_is_sent_again_has_the_words_of_the_first_time_and_the_record_says_so() -> None:
    desk = SenderDesk()
    desk.texts = "own-1:1"
    desk.restart(dying("after_send"))
    with pytest.raises(Died):
        desk.take(a_notice())
    desk.texts = "own-2:2"
    desk.restart()
    (end,) = settlements(desk.take(a_notice()))
    assert {key: claim.texts for key, claim in desk.store.claims.items()} == {
        "N1#1": "own-1:1",
        "N1#2": "own-1:1",
    }
    assert (end.state, end.attempts, end.texts) == (NoticeState.SENT, 2, "own-1:1")
    (end,) = settlements(desk.take(a_notice("N2")))
    assert end.texts == "own-2:2"


def test_the_templates_of_a_version_never_change_unseen(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    (tmp_path / "templates" / "zh" / "survey.txt.j2").write_text("{{ link }}", encoding="utf-8")
    shutil.copy(SHIPPED, tmp_path / "texts.yaml")
    with pytest.raises(SettingsError, match="give them a new version, with digest"):
        load_edition(tmp_path / "texts.yaml")


def test_who_loses_a_claim_sends_again_the_words_of_the_one_that_won(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = SenderDesk()
    desk.texts = "own-2:2"
    claim = desk.store.claim

    def overtaken(wanted: Sequence[Claim]) -> frozenset[str]:
        monkeypatch.setattr(desk.store, "claim", claim)
        claim([replace(one, owner="another", texts="own-1:1") for one in wanted])
        return claim(wanted)

    monkeypatch.setattr(desk.store, "claim", overtaken)
    (end,) = settlements(desk.take(a_notice()))
    assert (end.state, end.attempts, end.texts) == (NoticeState.SENT, 2, "own-1:1")
    assert {one.texts for one in desk.store.claims.values()} == {"own-1:1"}
