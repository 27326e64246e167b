"""Nobody has us write his own words to somebody whose phone or mailbox he typed in a form."""

import pytest

from schemas.notice_words import NoticeChannel
from tests.unit.sender.office import Office

SMS, EMAIL = NoticeChannel.SMS, NoticeChannel.EMAIL
PLANTED = [
    "退款请点 evil.example/pay",
    "https://evil.example/pay",
    "evil.example",
    "You won! Call us now",
    "加微信win888领取赔偿",
]


@pytest.mark.parametrize("written", PLANTED)
@pytest.mark.parametrize("channel", [SMS, EMAIL])
def test_what_is_no_number_of_a_parcel_stands_in_no_letter(
    written: str, channel: NoticeChannel
) -> None:
    letter = Office(waybill=written).letter(channel=channel)
    said = f"{letter.subject}{letter.text}{letter.html}"
    assert not [one for one in ("evil", "win888", "won", "退款") if one in said]
    assert "运单" not in said


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("SF1300000000001", "SF1300000000001"),
        ("运单号：sf 1300 0000 00001（顺丰）", "SF1300000000001"),
        ("1Z999AA10123456784", "1Z999AA10123456784"),
        ("JD0123-456789-01", "JD0123-456789-01"),
    ],
)
def test_a_number_of_a_parcel_does(written: str, shown: str) -> None:
    assert f"运单 {shown}" in Office(waybill=written).letter(channel=SMS).text
