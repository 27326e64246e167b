"""Two providers that count their messages use the same names: each means his own."""

import pytest

from services.domain.provider_names import meant

KNOWN = {"sms": "S", "voice": "V", "push/north": "N", "push/south": "P"}


@pytest.mark.parametrize(
    ("channel", "name", "whose"),
    [
        ("sms", "smpp", "S"),
        ("voice", "voice", "V"),
        (None, "north", "N"),
        ("push", "south", "P"),
        ("push", "push", None),  # of several it has to say which one it is
        (None, "east", None),  # may be the one for messages or the one for calls
        ("email", "mail", None),
    ],
)
def test_each_means_what_he_took_himself(channel: str | None, name: str, whose: str | None) -> None:
    assert meant(KNOWN, channel, name) == whose


def test_the_only_one_who_gave_that_name_may_be_called_as_he_likes() -> None:
    assert meant({"sms": "S"}, None, "twilio") == "S"


def test_what_one_of_several_took_is_no_other_ones() -> None:
    assert meant({"sms/north": "N"}, None, "south") is None


def test_what_was_sent_before_names_were_kept_is_found_as_before() -> None:
    assert meant({"": "B"}, "sms", "sms") == "B"
    assert meant({"": "B", "sms": "S"}, "sms", "sms") == "S"
    assert meant({"": "B", "voice": "V"}, "sms", "sms") == "B"
