"""Whatever happens in whatever order, delivered once or several times: dedup, cases and clocks
come to what a model of a few lines says."""

import pytest

from tests.models.complaints_machine import ComplaintsMachine
from tests.models.forms import settings_of

pytestmark = pytest.mark.timeout(900)  # the long form takes minutes, beside others many

ComplaintsMachine.TestCase.settings = settings_of(30, 25)
TestComplaints = ComplaintsMachine.TestCase
