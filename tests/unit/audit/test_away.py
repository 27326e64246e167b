"""Who follows an instance gives up a database that is away in time to end when told to."""

import time

import pytest

from infra.embedded.ports import HOST
from services.audit.database import database_of
from services.domain.errors import OutageError
from tests.support.processes import a_free_port


def test_a_database_that_is_away_holds_the_continuous_audit_for_seconds_only() -> None:
    began = time.monotonic()
    uri = f"mongodb://{HOST}:{a_free_port()}/?directConnection=true"
    with pytest.raises(OutageError), database_of(uri, "none", is_patient=False) as database:
        database.cases.find_one({})
    assert time.monotonic() - began < 8
