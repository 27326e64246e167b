"""Whoever takes over with other texts sends again the words that were sent the first time."""

import re
from pathlib import Path

import pytest

from services.domain.wording.edition import digest_of, sources_of
from services.domain.wording.policy import SHIPPED, TEMPLATES, load_texts
from tests.integration.test_notices import Office, catcher, office
from tests.support.waiting import eventually

__all__ = ["catcher", "office"]
pytestmark = [pytest.mark.timeout(180)]
COUNT = 16


def own_texts(folder: Path, version: str) -> str:
    """Write a file of texts whose acknowledgements name their version; return where."""
    name = "zh/acknowledgement.txt.j2"
    (folder / "templates" / "zh").mkdir(parents=True)
    own = sources_of(TEMPLATES)[name] + f"\nwords of {version}\n"
    (folder / "templates" / name).write_text(own, encoding="utf-8")
    digest = digest_of(sources_of(TEMPLATES) | {name: own})
    text = SHIPPED.read_text(encoding="utf-8").replace(load_texts().version, version)
    file = folder / "texts.yaml"
    file.write_text(re.sub(r'digest: "\w+"', f'digest: "{digest}"', text), encoding="utf-8")
    return str(file)


def test_a_notice_in_doubt_is_sent_again_in_the_words_of_its_first_claim(
    office: Office,
    tmp_path: Path,
) -> None:
    first, second = (own_texts(tmp_path / name, name) for name in ("own-1", "own-2"))
    office.notification()
    office.opened(office.contacts(COUNT))
    eventually(lambda: len(office.requested()) == COUNT, within=60, every=0.5)
    crash = {"COMPLAINTS_CRASH_AT": "after_send:1"}
    died = office.sender(ready_within=None, COMPLAINTS_TEXTS=first, **crash)
    assert died.wait(90) == 137
    office.sender(COMPLAINTS_TEXTS=second)
    ends = office.wait_for(COUNT)
    versions = {one.notice_id: (one.texts or "").partition(":")[0] for one in ends}
    assert {versions[one.notice_id] for one in ends if one.attempts > 1} == {"own-1"}
    assert set(versions.values()) == {"own-1", "own-2"}
    for mail in office.catcher.box.messages("smtp"):
        notice_id = mail.id.strip("<>").partition("@")[0]
        assert f"words of {versions[notice_id]}" in mail.text
