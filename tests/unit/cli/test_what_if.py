"""What a candidate would change is counted and shown, and nothing is written."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.__main__ import cli
from services.dedup import policy as dedup
from services.domain.clocks import policy as sla
from services.notification import policy as notices
from services.routing import policy as routing
from services.severity import policy as severity

DAMAGED = "杯子收到就碎了,外箱是湿的,要求赔偿。"
LATE = "快件三天没有更新,请查一下。"


def run(folder: Path, policy: Path, *more: str) -> Result:
    file = folder / "contacts.jsonl"
    lines = [{"id": "a", "text": DAMAGED}, {"id": "b", "text": LATE}]
    file.write_text("\n".join(json.dumps(one | {"channel": "phone"}) for one in lines))
    arguments = ["what-if", "--policy", str(policy), "--from", str(file), *more]
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


def changed(folder: Path, shipped: Path, old: str, new: str) -> Path:
    text = shipped.read_text(encoding="utf-8")
    assert old in text
    file = folder / "new.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_the_policy_that_counts_changes_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, routing.SHIPPED)
    assert result.return_value == 0
    told = result.stdout.splitlines()
    assert told[0] == "2 contacts, 0 (0.0%) would be decided otherwise"
    assert told[1].startswith("2 cases, of whose clocks 0 are missed as of ")
    assert told[2:4] == ["", "policies, now → then"]


def test_another_team_is_counted_and_shown(tmp_path: Path) -> None:
    policy = changed(tmp_path, routing.SHIPPED, "team: claims", "team: billing")
    page = tmp_path / "page.html"
    result = run(tmp_path, policy, "--html", str(page))
    assert result.return_value == 0, result.output
    assert "2 contacts, 1 (50.0%) would be decided otherwise" in result.stdout
    assert "a: team claims → billing" in result.stdout
    assert f"<td class=id>a<td>team claims → billing<td>{DAMAGED}" in page.read_text()


def test_a_severity_policy_is_compared_by_what_it_scores(tmp_path: Path) -> None:
    text = severity.SHIPPED.read_text(encoding="utf-8")
    version = text.partition("\nversion: ")[2].partition("\n")[0]
    policy = changed(tmp_path, severity.SHIPPED, f"version: {version}", "version: severity-new")
    result = run(tmp_path, policy)
    assert "2 contacts, 0 (0.0%)" in result.stdout


def with_model(folder: Path, name: str, model: str) -> Path:
    """Return the shipped severity policy with another part `model`."""
    head, _, rest = severity.SHIPPED.read_text(encoding="utf-8").partition("\nmodel:\n")
    shipped, _, after = rest.partition("\n\n")
    assert "level_from: {2: 0.5, 3: 0.3, 4: 0.15}" in shipped
    file = folder / name
    file.write_text(f"{head}\nmodel:{model or chr(10) + shipped}\n\n{after}", encoding="utf-8")
    return file


def test_a_candidate_that_lets_the_model_raise_sooner_shows(tmp_path: Path) -> None:
    policy = sooner(tmp_path)
    result = run(tmp_path, policy)
    assert "2 contacts, 2 (100.0%) would be decided otherwise" in result.stdout, result.output
    assert "b: level 1 → 4" in result.stdout


def test_a_candidate_without_the_model_is_compared_with_the_model_that_counts(
    tmp_path: Path,
) -> None:
    alone = with_model(tmp_path, "alone.yaml", " null")
    result = run(tmp_path, alone, "--against", str(sooner(tmp_path)))
    assert "b: level 4 → 1" in result.stdout, result.output


def sooner(folder: Path) -> Path:
    """Return the shipped severity policy, but nothing is too unlikely to be critical."""
    file = with_model(folder, "sooner.yaml", "")
    text = file.read_text(encoding="utf-8")
    soon = "level_from: {2: 0.0, 3: 0.0, 4: 0.0}"
    file.write_text(text.replace("level_from: {2: 0.5, 3: 0.3, 4: 0.15}", soon), encoding="utf-8")
    return file


def test_a_policy_that_decides_about_no_contact_is_refused(tmp_path: Path) -> None:
    result = run(tmp_path, notices.SHIPPED)
    assert "a notices policy decides about no level, team, merge or time limit" in str(
        result.exception
    )


# ---------------------------------------------------------------------------------- merges


def replayed(folder: Path, policy: Path, lines: list[dict[str, object]], *more: str) -> str:
    file = folder / "stream.jsonl"
    file.write_text("\n".join(json.dumps(one | {"channel": "phone"}) for one in lines))
    arguments = ["what-if", "--policy", str(policy), "--from", str(file), *more]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert result.return_value == 0, result.output
    return result.stdout


def asked_again(days: int) -> list[dict[str, object]]:
    """A contact, another about the same waybill ``days`` later, and one about another."""
    rows = [("a", 1, "SF1302847561029"), ("b", 1 + days, "SF1302847561029"), ("c", 2, "YT44081239")]
    return [
        {"id": name, "text": LATE, "customer": f"cust-{waybill}", "waybill": waybill,
         "at": f"2026-03-{day:02}T10:00:00+08:00"}
        for name, day, waybill in rows
    ]  # fmt: skip


def test_a_dedup_candidate_that_forgets_sooner_parts_a_pair(tmp_path: Path) -> None:
    text = dedup.SHIPPED.read_text(encoding="utf-8")
    for window in ("waybill_window_days", "person_window_days"):
        value = text.partition(f"\n{window}: ")[2].partition("\n")[0]
        text = text.replace(f"\n{window}: {value}", f"\n{window}: 1")
    policy = tmp_path / "forgets.yaml"
    policy.write_text(text, encoding="utf-8")
    page = tmp_path / "page.html"
    told = replayed(tmp_path, policy, asked_again(days=5), "--html", str(page))
    assert "3 contacts, 1 (33.3%) would be put elsewhere or related otherwise" in told
    assert "2 cases, 3 would be; 0 pairs of contacts joined and 1 parted" in told
    assert "b: repeat in a → new in b" in told
    assert "<td>pairs parted<td class=n>0<td class=n>1" in page.read_text(encoding="utf-8")


def test_the_dedup_policy_that_counts_joins_and_parts_nothing(tmp_path: Path) -> None:
    told = replayed(tmp_path, dedup.SHIPPED, asked_again(days=5))
    assert "3 contacts, 0 (0.0%)" in told
    assert "2 cases, 2 would be; 0 pairs of contacts joined and 0 parted" in told
    assert "→" not in told.partition("\npolicies, now → then\n")[0]


# -------------------------------------------------------------------------------- breaches


def strict_acknowledgement(folder: Path) -> Path:
    """Return the time limits with four hours for the acknowledgement at level 1, not eight."""
    return changed(folder, sla.SHIPPED, "limit: {span: 8h,", "limit: {span: 4h,")


def test_shorter_limits_have_an_answer_come_too_late(tmp_path: Path) -> None:
    contact: dict[str, object] = {
        "id": "late", "text": LATE, "at": "2026-03-02T10:00:00+08:00",
        "answered_at": "2026-03-02T15:00:00+08:00",
    }  # fmt: skip
    in_time = contact | {"id": "soon", "answered_at": "2026-03-02T10:30:00+08:00"}
    page = tmp_path / "page.html"
    told = replayed(
        tmp_path, strict_acknowledgement(tmp_path), [contact, in_time], "--html", str(page)
    )
    assert "2 contacts, 0 (0.0%) would be decided otherwise" in told
    assert "2 cases, of whose clocks 0 are missed as of" in told
    assert "; 1 would be" in told
    assert "acknowledgement kept → acknowledgement missed" in told
    due = "acknowledgement due 2026-03-02 10:00 UTC → 2026-03-02 06:00 UTC, would be missed"
    assert f"late: {due}" in told
    assert "<td>acknowledgement<td class=n>0<td class=n>1" in page.read_text(encoding="utf-8")


def test_what_has_no_answer_is_late_as_of_the_time_that_is_named(tmp_path: Path) -> None:
    contact: dict[str, object] = {"id": "open", "text": LATE, "at": "2026-03-02T10:00:00+08:00"}
    policy = strict_acknowledgement(tmp_path)
    early = replayed(tmp_path, policy, [contact], "--as-of", "2026-03-02T10:30:00+08:00")
    assert "0 are missed as of 2026-03-02 02:30 UTC; 0 would be" in early
    later = replayed(tmp_path, policy, [contact], "--as-of", "2026-03-02T14:30:00+08:00")
    assert "0 are missed as of 2026-03-02 06:30 UTC; 1 would be" in later


def test_a_level_that_is_raised_shortens_the_limits_of_its_case(tmp_path: Path) -> None:
    contact: dict[str, object] = {
        "id": "a", "text": LATE, "at": "2026-03-02T10:00:00+08:00",
        "answered_at": "2026-03-02T17:00:00+08:00",
    }  # fmt: skip
    told = replayed(tmp_path, sooner(tmp_path), [contact])
    assert "a: level 1 → 4" in told
    assert "acknowledgement kept → acknowledgement missed" in told


def test_an_answer_without_its_zone_is_refused_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    file.write_text(json.dumps({"id": "x", "text": LATE, "answered_at": "2026-03-02T10:00:00"}))
    arguments = ["what-if", "--policy", str(sla.SHIPPED), "--from", str(file)]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert "line 1: answered_at" in str(result.exception)


@pytest.mark.parametrize("source", ["complaints.received.v1", "nowhere"])
def test_a_source_that_holds_no_decided_contacts_is_refused(tmp_path: Path, source: str) -> None:
    arguments = ["what-if", "--policy", str(routing.SHIPPED), "--from", source]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert "no file, and no topic of complaints.deduplicated.v1" in str(result.exception)


def test_a_text_of_a_contact_cannot_become_markup(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    file.write_text(json.dumps({"id": "x", "text": "杯子碎了<script>", "channel": "phone"}))
    policy = changed(tmp_path, routing.SHIPPED, "team: claims", "team: billing")
    page = tmp_path / "page.html"
    arguments = ["what-if", "--policy", str(policy), "--from", str(file), "--html", str(page)]
    CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert "&lt;script&gt;" in page.read_text()
    assert "<script>" not in page.read_text()
