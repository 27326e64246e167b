"""Quotas at intake: who is refused, what he is told, and who is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from schemas.keys import locality_key
from schemas.vocabulary import Channel
from services.api.errors import Problem
from services.api.forms import ContactForm
from services.api.intake import take
from services.api.quotas import QuotaPolicy, Quotas, Rule, load_quotas
from services.domain.errors import SettingsError
from tests.support.api_desk import a_desk
from tests.support.builders import KEYS, NOON, VAULT

PERSON = Rule(rule="person", per="customer", per_minute=60, burst=2)


def quotas(*rules: Rule, bulk: frozenset[str] = frozenset()) -> Quotas:
    return Quotas(QuotaPolicy(version="t", rules=rules, bulk_senders=bulk))


def refused(
    made: Quotas, now: float, person: str | None = "p", **changes: object
) -> Problem | None:
    wish: dict[str, object] = {"channel": Channel.WEB, "is_bulk": False} | changes
    try:
        made.admit("t", wish["channel"], person, bool(wish["is_bulk"]), now)  # type: ignore[arg-type]
    except Problem as problem:
        return problem
    return None


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    made = quotas(PERSON)
    assert [refused(made, 0.0) is None for _ in range(3)] == [True, True, False]
    assert refused(made, 1.0) is None
    assert refused(made, 1.5) is not None
    assert [refused(made, 100.0) is None for _ in range(3)] == [True, True, False]


def test_a_refusal_names_field_rule_and_time() -> None:
    made = quotas(Rule(rule="slow", per="customer", per_minute=2, burst=1))
    refused(made, 0.0)
    problem = refused(made, 3.0)
    assert problem is not None
    assert (problem.status, problem.retry_after) == (429, 27)
    assert (problem.body["field"], problem.body["rule"]) == ("customer", "slow")


def test_one_person_does_not_use_up_what_another_has_and_nobody_has_no_bucket() -> None:
    made = quotas(PERSON)
    assert [refused(made, 0.0, who) for who in ("a", "a", "b", "b")] == [None] * 4
    assert refused(made, 0.0, "a") is not None
    assert [refused(made, 0.0, None) for _ in range(9)] == [None] * 9


def test_a_contact_that_one_rule_refuses_takes_no_token_of_another() -> None:
    door = Rule(rule="door", per="channel", per_minute=1, burst=3)
    made = quotas(door, PERSON)
    for _ in range(9):
        refused(made, 0.0, "a")
    assert refused(made, 0.0, "b") is None
    problem = refused(made, 0.0, "c")
    assert problem is not None
    assert problem.body["rule"] == "door"


def test_a_rule_leaves_out_the_channels_it_names() -> None:
    made = quotas(PERSON.model_copy(update={"except_channels": frozenset({Channel.REGULATOR})}))
    assert [refused(made, 0.0, channel=Channel.REGULATOR) for _ in range(9)] == [None] * 9
    only = quotas(PERSON.model_copy(update={"channels": frozenset({Channel.CHAT})}))
    assert [refused(only, 0.0) for _ in range(9)] == [None] * 9


def test_a_bulk_sender_has_a_rule_of_its_own() -> None:
    bulk = Rule(rule="bulk", per="bulk_sender", per_minute=60, burst=5)
    made = quotas(PERSON, bulk)
    assert [refused(made, 0.0, is_bulk=True) for _ in range(5)] == [None] * 5
    problem = refused(made, 0.0, is_bulk=True)
    assert problem is not None
    assert problem.body["rule"] == "bulk"


def test_a_bulk_sender_is_keyed_by_waybill_and_never_by_itself() -> None:
    form = ContactForm(channel=Channel.APP, text="三天没有更新", customer="M-1")
    by_itself = take(form, KEYS, VAULT, "t", "a", NOON, is_bulk=True)
    assert by_itself.key == locality_key("t", by_itself.record.contact_id)
    assert take(form, KEYS, VAULT, "t", "a", NOON).key == locality_key(
        "t", str(by_itself.record.person)
    )
    parcel = form.model_copy(update={"waybill": "SF1302847561029"})
    assert (
        take(parcel, KEYS, VAULT, "t", "a", NOON, is_bulk=True).key
        == take(parcel, KEYS, VAULT, "t", "b", NOON).key
    )


def test_the_policy_that_comes_with_the_api_refuses_no_authority() -> None:
    policy = load_quotas()
    assert not any(rule.is_about(Channel.REGULATOR) for rule in policy.rules)


@pytest.mark.parametrize("channel", sorted({*Channel} - {Channel.REGULATOR, Channel.LETTER}))
def test_nobody_in_particular_has_a_bucket_on_every_channel_that_may_be_refused(
    channel: Channel,
) -> None:
    rules = (rule.model_copy(update={"burst": 2}) for rule in load_quotas().rules)
    made = quotas(*rules)
    assert [refused(made, 0.0, None, channel=channel) is None for _ in range(3)] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: x\nrules: [{rule: a, per: hour, per_minute: 1, burst: 1}]", "rules.0.per"),
        ("version: x\nrules: [{rule: a, per: channel, per_minute: 0, burst: 1}]", "per_minute"),
        ("version: x\nlimit: 3", "limit"),
    ],
)
def test_a_policy_with_a_mistake_is_refused_with_its_place(
    text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "quotas.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_quotas(path)


def test_a_tracking_code_is_no_door_past_the_quotas() -> None:
    """Each thing that is said under one becomes a record, and a line of the log of the case."""
    with a_desk() as desk:
        opened = desk.app.state.context
        slow = PERSON.model_copy(update={"per_minute": 0.001})
        desk.app.state.context = replace(opened, quotas=quotas(slow))
        code, other = (desk.send(id=one, customer=one).json()["tracking"] for one in ("a", "b"))
        path = f"/v1/track/{code}"
        assert desk.client.post(path, json={"kind": "rate", "rating": 5}).status_code == 409
        before = len(desk.pipeline.published)
        answers = (
            desk.client.post(path, json={"kind": "rate", "rating": 5}),
            desk.client.put(f"{path}/preferences", json={"opt_out": True}),
            desk.client.post(f"/track/{code}", data={"kind": "rate", "rating": "5"}),
            desk.client.post(f"/track/{code}/preferences", data={"language": "en"}),
        )
        assert [one.status_code for one in answers] == [429] * 4
        assert answers[0].json()["rule"] == "person"
        assert len(desk.pipeline.published) == before
        rated = desk.client.post(f"/v1/track/{other}", json={"kind": "rate", "rating": 5})
        assert rated.status_code == 409


def test_the_api_says_429_with_the_rule_and_when_to_send_again() -> None:
    with a_desk() as desk:
        answers = [desk.send(id=f"a{n}", customer="c1") for n in range(301)]
        assert {answer.status_code for answer in answers[:300]} == {202}
        late = answers[300]
        assert (late.status_code, late.json()["rule"]) == (429, "customer")
        assert int(late.headers["retry-after"]) >= 1
        assert desk.send(id="b", customer="c2").status_code == 202
        assert "quota_refusals" in desk.client.get("/metrics").text
