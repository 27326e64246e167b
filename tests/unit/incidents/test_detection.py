"""Many cases of one cause: words that burst, and a cause they share."""

from datetime import timedelta
from random import Random

import pytest

from services.domain.incidents.detection import Cluster, Sighting, find_incidents, sighting_of
from services.domain.incidents.policy import load_incident_policy
from tests.support.builders import at

POLICY = load_incident_policy()
FIRE = (
    "我的件到了白鹤洞中转场就没动了,新闻说着火",
    "看到白鹤洞火灾的视频,烧了没有",
    "白鹤洞起火,我的东西怎么赔",
    "听说白鹤洞失火了,绘图板急用",
    "There was a fire at Baihedong (白鹤洞), my fabrics were there",
)
OTHERS = (
    "杯子碎了",
    "发票没开",
    "师傅骂人",
    "取件没人来",
    "多收了上楼费",
    "柜子打不开",
    "地址改不了",
)


def seen(texts: tuple[str, ...], hours: float = 0, step: float = 1, **same: str) -> list[Sighting]:
    return [
        sighting_of(
            f"{text}-{number}",
            same.get("case", f"case-{text}-{number}"),
            same.get("person", f"person-{text}-{number}"),
            at(hours=hours + number * step),
            text,
            POLICY,
        )
        for number, text in enumerate(texts)
    ]


BACKGROUND = seen(OTHERS * 8, hours=-200, step=5)


def found(*sightings: Sighting) -> list[Cluster]:
    return find_incidents([*BACKGROUND, *sightings], POLICY)


def test_a_fire_at_a_hub_is_one_incident_of_all_its_cases() -> None:
    [fire] = found(*seen(FIRE))
    assert fire.cause == "fire"
    assert "鹤洞" in fire.words
    assert fire.cases == {f"case-{text}-{number}" for number, text in enumerate(FIRE)}
    assert (fire.since, fire.until) == (at(), at(hours=4))


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_contacts_changes_nothing(seed: int) -> None:
    sightings = [*BACKGROUND, *seen(FIRE)]
    Random(seed).shuffle(sightings)
    assert find_incidents(sightings, POLICY) == found(*seen(FIRE))


def test_too_few_cases_or_one_complainant_or_too_much_time_make_none() -> None:
    assert found(*seen(FIRE[:3])) == []
    assert found(*seen(FIRE, case="one case")) == []
    assert found(*seen(FIRE, person="a merchant")) == []
    assert found(*seen(FIRE, step=40)) == []


def test_complaints_of_one_station_about_this_and_that_are_no_incident() -> None:
    station = (
        "城南站师傅骂人",
        "城南站多收两块",
        "城南站取件码不对",
        "城南站送错了",
        "城南站没开灯",
    )
    assert found(*seen(station)) == []


def test_a_word_that_is_always_frequent_does_not_burst() -> None:
    every_day = seen(FIRE * 6, hours=-180, step=7)
    assert found(*every_day, *seen(FIRE)) == []


def test_two_incidents_of_one_day_stay_apart() -> None:
    snow = ("若尔盖大雪封山", "若尔盖下雪停了五天", "大雪,若尔盖进不来", "若尔盖雪太大")
    causes = {one.cause for one in found(*seen(FIRE), *seen(snow, hours=2))}
    assert causes == {"fire", "snow"}


def test_only_the_newest_contacts_are_looked_at() -> None:
    small = POLICY.model_copy(update={"most_sightings": 4})
    assert find_incidents([*seen(FIRE), *seen(OTHERS, hours=24)], small) == []
    assert timedelta(hours=POLICY.window_hours) > timedelta(0)
