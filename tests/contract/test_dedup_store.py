"""The DedupStore port: what both of its forms promise."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from services.domain.dedup_store import DedupStore, Sight
from services.domain.errors import PoisonError
from tests.contract.examples import a_claim, a_row, an_absorbed
from tests.support.builders import TENANT, at

PERSON = (TENANT, "k1.PERSON")


def test_a_row_is_read_back_exactly_as_it_was_written(dedup: DedupStore) -> None:
    row = a_row()
    assert dedup.insert_rows([row]) == {row.key: row}
    assert dedup.rows([row.key]) == {row.key: row}


def test_an_anonymous_row_without_text_pieces_is_read_back_exactly(dedup: DedupStore) -> None:
    row = a_row(person=None, grams=())
    dedup.insert_rows([row])
    assert dedup.rows([row.key]) == {row.key: row}


def test_a_row_with_everything_to_find_it_by_is_read_back_exactly(dedup: DedupStore) -> None:
    row = a_row(
        marks=(1, 2**32 - 1),
        aliases=("k1.PHONE",),
        lookups=("k1.PERSON", 2**32 - 1, 5),
        particulars=(1, 2**64 - 1),
    )
    claim = a_claim(person="k1.PERSON", aliases=("k1.PHONE",))
    dedup.insert_rows([row])
    dedup.insert_claims([claim])
    assert dedup.rows([row.key]) == {row.key: row}
    assert dedup.claims([claim.key]) == {claim.key: claim}
    assert row.persons == claim.persons == ("k1.PERSON", "k1.PHONE")


def test_a_contact_is_found_by_each_of_its_lookups(dedup: DedupStore) -> None:
    row = a_row(
        marks=(1, 2),
        aliases=("k1.PHONE",),
        lookups=("k1.PERSON", 9, 2**32 - 1),
        particulars=(3, 2**64 - 1),
    )
    dedup.insert_rows([row, a_row("unfindable", lookups=())])
    for lookup in row.lookups:
        [sight] = dedup.sights([(TENANT, lookup), (TENANT, 8)], at())[TENANT, lookup]
        assert sight == Sight(
            row.contact_id,
            row.case_id,
            row.persons,
            row.received_at,
            row.grams,
            row.marks,
            row.particulars,
        )


def test_a_stretch_of_text_that_very_many_share_finds_ten_and_hides_nobody(
    dedup: DedupStore,
) -> None:
    rows = [
        a_row(f"c{n}", case_id=str(n), received_at=at(seconds=n), lookups=(7,)) for n in range(600)
    ]
    rows += [a_row("rare", lookups=(8,)), a_row("person", lookups=("k1.PERSON",))]
    dedup.insert_rows(rows)
    wanted: list[tuple[str, str | int]] = [(TENANT, 7), (TENANT, 8), (TENANT, "k1.PERSON")]
    found = dedup.sights(wanted, at())
    assert [int(sight.case_id) for sight in found[TENANT, 7]] == list(range(599, 589, -1))
    assert [sight.contact_id for sight in found[TENANT, 8]] == ["rare"]
    assert [sight.contact_id for sight in found[TENANT, "k1.PERSON"]] == ["person"]


def test_what_does_not_exist_is_absent_from_the_answer(dedup: DedupStore) -> None:
    dedup.insert_rows([a_row("here")])
    assert dedup.rows([a_row("here").key, "nobody"]).keys() == {a_row("here").key}
    assert dedup.claims(["nobody"]) == {}


def test_asking_for_nothing_and_writing_nothing_are_allowed(dedup: DedupStore) -> None:
    dedup.record_absorbed([])
    answers = [dedup.rows([]), dedup.claims([]), dedup.insert_rows([]), dedup.insert_claims([])]
    assert answers == [{}] * 4
    assert dict(dedup.sights([], at())) == {}


def test_the_first_decision_about_a_contact_stays_and_is_what_later_ones_get(
    dedup: DedupStore,
) -> None:
    first = a_row(out=b"first")
    later = replace(first, source="topic-id:0:99", case_id="C2", out=b"later")
    new = a_row("contact-2")
    dedup.insert_rows([first])
    assert dedup.insert_rows([later, new]) == {first.key: first, new.key: new}
    assert dedup.rows([first.key]) == {first.key: first}


def test_of_two_decisions_about_a_contact_in_one_call_the_first_stays(dedup: DedupStore) -> None:
    first, second = a_row(source="topic-id:0:1"), a_row(source="topic-id:0:2")
    assert dedup.insert_rows([first, second]) == {first.key: first}
    assert dedup.rows([first.key]) == {first.key: first}


def test_a_claim_is_won_once_and_losers_get_the_winner(dedup: DedupStore) -> None:
    winner = a_claim()
    loser = winner._replace(case_id="C2", contact_id="contact-2", person=None)
    other = a_claim("waybill|2", person=None)
    assert dedup.insert_claims([winner]) == {winner.key: winner}
    assert dedup.insert_claims([loser, other]) == {winner.key: winner, other.key: other}
    assert dedup.claims([winner.key, other.key]) == {winner.key: winner, other.key: other}


def test_of_two_claims_to_one_thing_in_one_call_the_first_wins(dedup: DedupStore) -> None:
    first = a_claim(contact_id="contact-1")
    second = a_claim(contact_id="contact-2")
    assert dedup.insert_claims([first, second]) == {first.key: first}
    assert dedup.claims([first.key]) == {first.key: first}


def test_a_row_with_the_tracking_code_of_another_contact_is_poison(dedup: DedupStore) -> None:
    owner = a_row("owner", tracking="CODE")
    thief, honest = a_row("thief", tracking="CODE"), a_row("honest")
    dedup.insert_rows([owner])
    with pytest.raises(PoisonError) as refusal:
        dedup.insert_rows([thief, honest])
    assert (refusal.value.field, refusal.value.rule) == ("tracking", "tracking_taken")
    assert dedup.rows([owner.key, thief.key, honest.key]) == {owner.key: owner, honest.key: honest}


def test_two_new_rows_with_one_tracking_code_are_poison_and_one_of_them_stays(
    dedup: DedupStore,
) -> None:
    rows = [a_row("a", tracking="CODE"), a_row("b", tracking="CODE")]
    with pytest.raises(PoisonError):
        dedup.insert_rows(rows)
    assert len(dedup.rows(row.key for row in rows)) == 1


def test_hashes_of_more_than_32_bits_are_refused_before_anything_is_written(
    dedup: DedupStore,
) -> None:
    with pytest.raises(ValueError, match="32 bits"):
        dedup.insert_rows([a_row("fits"), a_row("does-not", grams=(2**32,))])
    assert dedup.rows([a_row("fits").key]) == {}


def test_sights_are_newest_first_and_begin_exactly_at_the_given_instant(dedup: DedupStore) -> None:
    since = at(microseconds=500)
    ages = {"too-old": -1, "just-right": 0, "newer": 1, "newest": 2}
    rows = [
        a_row(name, case_id=name, received_at=since + timedelta(microseconds=age), grams=(age + 1,))
        for name, age in ages.items()
    ]
    dedup.insert_rows(rows)
    sights = dedup.sights([PERSON], since)[PERSON]
    assert [sight.case_id for sight in sights] == ["newest", "newer", "just-right"]
    assert sights[2].received_at == since
    assert sights[0].grams == (3,)


def test_sights_keep_persons_and_tenants_apart(dedup: DedupStore) -> None:
    dedup.insert_rows(
        [
            a_row("ours"),
            a_row("anonymous", person=None),
            a_row("other-person", person="k1.OTHER"),
            a_row("other-tenant", tenant="elsewhere", case_id="C9"),
        ]
    )
    asked = [PERSON, ("elsewhere", "k1.PERSON"), (TENANT, "k1.NOBODY"), PERSON]
    sights = dedup.sights(asked, at())
    found = {person: [sight.case_id for sight in seen] for person, seen in sights.items()}
    assert found == {PERSON: ["C1"], ("elsewhere", "k1.PERSON"): ["C9"]}


def test_a_person_with_very_many_contacts_is_cut_to_fifty_and_hides_nobody(
    dedup: DedupStore,
) -> None:
    bulk = {"a-few": 3, "b-bulk": 700, "c-bulk": 620, "d-exactly": 50, "e-few": 2}
    contacts = bulk | {f"many-{i:02}": 30 for i in range(40)}
    rows = [
        a_row(f"{person}-{i}", person=person, case_id=f"{i}", received_at=at(seconds=i))
        for person, count in contacts.items()
        for i in range(count)
    ]
    dedup.insert_rows(rows)
    sights = dedup.sights([(TENANT, person) for person in contacts], at())
    seen = {
        person: [int(sight.case_id) for sight in found] for (_, person), found in sights.items()
    }
    assert seen == {person: list(range(count))[::-1][:50] for person, count in contacts.items()}


def test_an_absorbed_contact_is_recorded_once_per_source(
    dedup: DedupStore, absorbed_sources: Callable[[], dict[str, str]]
) -> None:
    dedup.record_absorbed([an_absorbed("topic-id:0:5", "first"), an_absorbed("topic-id:0:6")])
    dedup.record_absorbed([an_absorbed("topic-id:0:5", "second"), an_absorbed("topic-id:0:7")])
    assert absorbed_sources() == {
        "topic-id:0:5": "first",
        "topic-id:0:6": "resubmission",
        "topic-id:0:7": "resubmission",
    }


def test_of_two_absorbed_records_of_one_source_in_one_call_the_first_stays(
    dedup: DedupStore, absorbed_sources: Callable[[], dict[str, str]]
) -> None:
    dedup.record_absorbed([an_absorbed("topic-id:0:5", "a"), an_absorbed("topic-id:0:5", "b")])
    assert absorbed_sources() == {"topic-id:0:5": "a"}
