"""One judge for all tests: compiling the policy takes most of a second."""

import pytest

from services.severity.logic import Judge
from services.severity.policy import SeverityPolicy, load_policy
from tests.support.judging import JUDGE


@pytest.fixture(scope="session")
def policy() -> SeverityPolicy:
    return load_policy()


@pytest.fixture(scope="session")
def judge() -> Judge:
    return JUDGE


@pytest.fixture(scope="session")
def rules_alone(policy: SeverityPolicy) -> Judge:
    return Judge(policy)
