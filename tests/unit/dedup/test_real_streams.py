"""Decisions about real texts: repeats are found, and unlike lines kept apart, whoever writes."""

from collections.abc import Callable, Iterable
from zlib import crc32

import pytest

from services.dedup.policy import load_policy
from services.dedup.texts import fingerprint
from services.domain.telling import fold
from tests.support.builders import KEYS, a_contact, at
from tests.support.dedup_desk import Desk
from tests.support.real_texts import real_lines
from tests.support.written_by_few import Joined, Pair, different, least_share, written

POLICY = load_policy()


def decided(lines: list[str], person_of: Callable[[int, str], str | None]) -> list[str]:
    """Return the case of each line, sent two hours apart without a waybill."""
    desk = Desk()
    contacts = [
        a_contact(
            f"r{number}",
            waybill=None,
            customer=person_of(number, line),
            text=line,
            received_at=at(hours=2 * number),
        )
        for number, line in enumerate(lines)
    ]
    taken = [
        one
        for start in range(0, len(contacts), 50)
        for one in desk.take(*contacts[start : start + 50])
    ]
    return [one.case_id for one in taken]


def test_real_reviews_by_strangers_stay_apart_unless_they_name_one_order() -> None:
    """Some reviews were posted three times, word for word; who names one long order number in them
    means one parcel, whoever he says he is."""
    lines = real_lines()
    assert len(lines) > 300
    finder = POLICY.particulars
    orders = [finder.lookups(finder.found(fold(line), KEYS, "tenant")) for line in lines]
    wanted = len({order or number for number, order in enumerate(orders)})
    assert len(lines) - wanted < 10
    assert len(set(decided(lines, lambda number, _: f"reader-{number}"))) == wanted
    assert len(set(decided(lines, lambda number, _: None))) == wanted


def test_exact_repeats_among_real_reviews_are_found_and_other_lines_kept_apart() -> None:
    lines = real_lines()
    cases = decided(lines, lambda _, line: str(crc32(fingerprint(fold(line)).encode())))
    texts = {fingerprint(fold(line)) for line in lines}
    assert len(texts) < len(lines)
    assert len(set(cases)) == len(texts)
    assert len(set(zip(cases, (fingerprint(fold(line)) for line in lines), strict=True))) == len(
        texts
    )


# ------------------------------------------------------------------ few persons write them all


@pytest.fixture(
    scope="module",
    params=[(persons, seed) for persons in (1, 3, 8) for seed in (0, 1, 2)],
    ids=lambda dealt: f"{dealt[0]} persons, order {dealt[1]}",
)
def few(request: pytest.FixtureRequest) -> Joined:
    """Return what becomes of all lines, each once, when few persons write them in turn."""
    persons, seed = request.param
    return written(different(real_lines()), persons, seed, POLICY)


def lines_of_few() -> int:
    return len(different(real_lines()))


def told(pairs: Iterable[Pair]) -> str:
    return "".join(f"\n  {one}" for one in pairs)


def test_no_line_joins_a_case_with_less_than_the_threshold(few: Joined) -> None:
    """Two lines are unlike when the matcher, asked about the two alone, is less sure than
    `join_from` that they are one matter: no line joins a case all of whose lines are unlike it."""
    assert few.cases + len(few.nearest) == lines_of_few() > 340
    unlike = [one for one in few.nearest if one.confidence < POLICY.join_from]
    assert not unlike, told(unlike)


def test_lines_that_share_next_to_nothing_join_only_where_one_asks_again(few: Joined) -> None:
    """Next to nothing is less of the shorter line's telling pieces than any rule asks for that goes
    by what two texts share; who asks again is joined by his words for it."""
    nothing = [one for one in few.nearest if one.share < least_share(POLICY)]
    strangers = [one for one in nothing if not one.asks_again]
    assert not strangers, told(strangers)
    assert len(nothing) <= 0.01 * lines_of_few(), told(nothing)


def test_few_different_lines_of_one_person_are_taken_for_one_matter(few: Joined) -> None:
    """Each of these lines is a matter of its own, so each join is wrong; but one person does not
    write of a hundred parcels in a month without a number of any. Bounds as measured, so that no
    change of the policy makes more of them unseen."""
    lines = lines_of_few()
    assert len(few.nearest) <= 0.05 * lines, told(few.nearest)
    halves = [one for one in few.nearest if one.share < 0.5]
    assert len(halves) <= 0.03 * lines, told(halves)
    # One line leads from the first of a case to the last, which are unlike.
    unlike = [one for one in few.pairs if one.confidence < POLICY.join_from]
    assert len(unlike) <= 0.01 * lines, told(unlike)
