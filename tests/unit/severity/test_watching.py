"""Another severity policy is taken up between two batches; a bad one is refused."""

from pathlib import Path

import pytest

from schemas.codec import decode, encode
from schemas.scores import ContactScored, Score
from services.severity.handler import SeverityHandler
from services.severity.policy import SHIPPED
from services.severity.watching import watched_judge
from tests.support.builders import a_contact, a_deduplicated
from tests.support.policy_in_use import PolicyInUse
from tests.unit.severity.test_handler import ONWARD, AClock, inbound

LATE = "快件三天没有更新,请查一下。"
CAREFUL, EAGER = "{2: 0.5, 3: 0.3, 4: 0.15}", "{2: 0.0, 3: 0.0, 4: 0.0}"


@pytest.fixture
def policy(tmp_path: Path) -> PolicyInUse:
    return PolicyInUse(tmp_path, SHIPPED)


def test_each_score_names_the_policy_of_its_batch_and_a_bad_file_changes_nothing(
    policy: PolicyInUse,
) -> None:
    judge = watched_judge(policy.file, policy.archive, policy.counts)
    handler = SeverityHandler(judge, AClock(), ONWARD)

    def score() -> Score:
        record = encode(a_deduplicated(a_contact(text=LATE, prior_contacts=0)))
        (sent,) = handler.handle([inbound(record)], {}).outbound
        return decode(ContactScored, sent.value).score

    assert (score().policy, score().level) == ("v1", 1)
    policy.write("v2", CAREFUL, EAGER)
    assert (score().policy, score().level) == ("v2", 4)
    policy.write("v3", "version: model-", "version: model-0")
    assert (score().policy, score().level) == ("v2", 4)
    assert policy.counts.told == ["severity taken up", "severity refused"]
    assert policy.archive.versions("severity") == ["v1", "v2"]
