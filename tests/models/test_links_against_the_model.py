"""Cases that are merged, part and go by other limits come to what a model of a few lines says, and
so do incidents and their cases."""

import pytest

from tests.models.forms import settings_of
from tests.models.incident_machine import IncidentMachine
from tests.models.linked_machine import LinkedMachine

pytestmark = pytest.mark.timeout(900)  # the long form takes minutes, beside others many

LinkedMachine.TestCase.settings = settings_of(10, 25)
TestMergedCases = LinkedMachine.TestCase
IncidentMachine.TestCase.settings = settings_of(8, 25)
TestIncidents = IncidentMachine.TestCase
