"""Which lane a contact takes: a hint by channel and words, within a budget."""

from typing import Any

import pytest

from schemas.contacts import ContactReceived, Facts
from schemas.topics import RECEIVED, RECEIVED_EXPRESS
from schemas.vocabulary import Channel
from services.api.express import Choice, ExpressPolicy, Lanes, Signposts, load_express
from tests.support.api_desk import a_desk
from tests.support.builders import a_contact

POLICY = load_express()
STRICT = POLICY.model_copy(update={"share": 0.1, "per_minute": 60.0, "burst": 2})


def said(text: str, channel: Channel = Channel.PHONE, **facts: Any) -> ContactReceived:
    contact = a_contact(text=text)
    return contact.model_copy(update={"channel": channel, "facts": Facts(**facts)})


def chosen(lanes: Lanes, contact: ContactReceived, now: float = 0.0) -> Choice:
    return lanes.choose(contact, now)


@pytest.mark.parametrize(
    "text",
    [
        "派件的三轮车把老人撞倒了,已经送医",
        "電動車起火,煙很大",
        "箱子里有刺鼻的味道,液体漏了一地",
        "The battery EXPLODED and my son is in hospital",
        "The driver ran over my foot",
    ],
)
def test_words_of_danger_take_the_express_lane(text: str) -> None:
    assert chosen(Lanes(POLICY), said(text)) == Choice(RECEIVED_EXPRESS, "sign")


@pytest.mark.parametrize("text", ["快件三天没动了", "Where is my parcel?", "驿站收了五毛保管费"])
def test_everyday_matters_take_the_common_lane(text: str) -> None:
    assert chosen(Lanes(POLICY), said(text)) == Choice(RECEIVED, "none")


def test_an_authority_is_express_whatever_it_says() -> None:
    contact = said("请核查", Channel.REGULATOR)
    assert chosen(Lanes(POLICY), contact) == Choice(RECEIVED_EXPRESS, "channel")


def test_so_is_what_is_worth_a_fortune() -> None:
    assert chosen(Lanes(POLICY), said("丢了", declared_value_cny=100_000.0)).is_express
    assert not chosen(Lanes(POLICY), said("丢了", declared_value_cny=99_999.0)).is_express


def test_a_flood_of_signs_is_held_to_its_share_and_the_rest_goes_with_the_others() -> None:
    lanes = Lanes(STRICT)
    why = [chosen(lanes, said("着火了")).why for _ in range(102)]
    assert why[:2] == ["sign", "sign"]
    assert (why.count("sign"), why.count("over_budget")) == (12, 90)


def test_a_flood_of_signs_leaves_an_authority_its_own_share() -> None:
    lanes = Lanes(STRICT)
    for _ in range(50):
        chosen(lanes, said("着火了"))
    assert chosen(lanes, said("请核查", Channel.REGULATOR)).why == "channel"


def test_what_is_used_up_comes_back_with_time_and_a_clock_put_back_gives_nothing() -> None:
    lanes = Lanes(STRICT.model_copy(update={"share": 0.0}))
    fire = said("着火了")
    assert [chosen(lanes, fire, 100.0).is_express for _ in range(3)] == [True, True, False]
    assert not chosen(lanes, fire, 10.0).is_express
    assert [chosen(lanes, fire, 12.0).is_express for _ in range(3)] == [True, True, False]


def test_a_policy_without_signs_goes_by_channels_alone() -> None:
    policy = ExpressPolicy(version="t", channels=[Channel.LETTER], share=0, per_minute=1, burst=1)
    posts = Signposts(policy)
    assert posts.hint(Channel.LETTER, "着火") == "channel"
    assert posts.hint(Channel.WEB, "着火", 1e9) is None


def test_the_api_hands_a_contact_over_in_its_lane_and_counts_why() -> None:
    with a_desk() as desk:
        for channel, text in (("web", "没收到"), ("web", "着火了"), ("regulator", "请核查")):
            form = {"channel": channel, "text": text}
            assert desk.client.post("/v1/contacts", json=form).status_code == 202
        topics = [record.topic for record in desk.pipeline.published]
        page = desk.client.get("/metrics").text
    assert topics == [RECEIVED.name, RECEIVED_EXPRESS.name, RECEIVED_EXPRESS.name]
    for lane, why in (("common", "none"), ("express", "sign"), ("express", "channel")):
        assert f'complaints_api_lanes_total{{lane="{lane}",why="{why}"}} 1.0' in page
