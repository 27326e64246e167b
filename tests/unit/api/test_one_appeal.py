"""A matter has one appeal with us: the customer is not offered what would be refused."""

from tests.support.api_desk import Desk
from tests.unit.api.test_customer import WAYBILL, Matter


def test_who_has_appealed_is_offered_no_second_appeal_after_a_new_answer(desk: Desk) -> None:
    matter = Matter(desk).answered()
    assert "appeal" in matter.seen()["result"]["may"]
    matter.say(kind="appeal", note="The sum is too small.")
    desk.send(id="a2", waybill=WAYBILL, customer="c", channel="regulator", text="请核查")
    assert matter.seen()["state"] == "reopened"
    assert matter.answered().seen()["result"]["may"] == ["rate", "reopen"]
    refused = matter.say(kind="appeal", note="Still too small.").json()
    assert refused["refusal"] == "not_allowed_now"
    assert "the next step is the regulator's" in refused["explanation"]
