"""Places in a list, as they stand in an address."""

import pytest

from services.adapters.case_search import Place


@pytest.mark.parametrize("place", [Place(-1772452800000, "C1"), Place(398_000, "k.with.dots")])
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert Place.read(str(place)) == place


@pytest.mark.parametrize("written", ["", "7", "7.", "x.C1", "--7.C1", f"{'9' * 19}.C1", "7." * 99])
def test_what_is_no_place_is_none(written: str) -> None:
    assert Place.read(written) is None
