"""Every channel against a real receiver on this machine: tests that take ``provider`` run
once for each."""

import importlib
from collections.abc import Iterator

import pytest

from infra.catcher import Catcher
from services.domain.wording.paper import drawn
from tests.channels.kinds import KINDS
from tests.channels.providers import Provider, a_letter
from tests.support.processes import a_free_port


@pytest.fixture(scope="session")
def running_catcher() -> Iterator[Catcher]:
    drawn(a_letter(), "x")  # loads what draws and reads letters, before time counts
    importlib.import_module("pypdf")
    with Catcher(a_free_port(), 0) as made:
        yield made


@pytest.fixture
def catcher(running_catcher: Catcher) -> Catcher:
    running_catcher.box.clear()
    running_catcher.box.connections = 0
    return running_catcher


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def provider(kind: str, catcher: Catcher) -> Iterator[Provider]:
    made = KINDS[kind](catcher)
    yield made
    made.channel.close()
