"""The good installation that every test of the checks begins with."""

import pytest

from tests.unit.audit.histories import World, good_world


@pytest.fixture
def world() -> World:
    return good_world()


@pytest.fixture
def case(world: World) -> str:
    """The case with two contacts and a command."""
    return world.rows[0].case_key


@pytest.fixture
def single(world: World) -> str:
    """The case with one contact."""
    return world.rows[2].case_key
