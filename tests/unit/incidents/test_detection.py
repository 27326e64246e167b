"""Many cases of one cause: words that burst, and a cause they share."""

from collections import defaultdict
from collections.abc import Iterable
from random import Random
from time import process_time

import pytest

from services.domain.incidents.detection import Cluster, Detection
from services.domain.incidents.memory import Memory, Sighting, sighting_of
from services.domain.incidents.policy import IncidentPolicy, load_incident_policy
from services.severity.training.corpus import read_training
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


def taken(
    sightings: Iterable[Sighting], policy: IncidentPolicy = POLICY
) -> dict[Cluster, set[str]]:
    """Return the cases of each incident, after contacts came in the order of their times."""
    detection, cases = Detection(policy), defaultdict(set)
    for one in sorted(sightings, key=lambda each: (each.at, each.contact_id)):
        for found in detection.see(one):
            cases[found.cluster].add(found.sighting.case_id)
    return cases


def found(*sightings: Sighting) -> dict[Cluster, set[str]]:
    return taken([*BACKGROUND, *sightings])


def test_a_fire_at_a_hub_is_one_incident_of_all_its_cases() -> None:
    [(fire, cases)] = found(*seen(FIRE)).items()
    assert (fire.cause, fire.place) == ("fire", "白鹤洞")
    assert cases == {f"case-{text}-{number}" for number, text in enumerate(FIRE)}


def test_who_comes_later_joins_by_the_place_and_the_cause_or_by_the_hub() -> None:
    later = seen(("白鹤洞大火,我的也烧了吗", "白鹤洞那边怎么样了", "白云区着火了"), hours=20)
    [cases] = found(*seen(FIRE), *later).values()
    assert [one.case_id in cases for one in later] == [True, True, False]


def test_a_truck_that_burns_is_one_incident_whether_the_place_is_known_or_not() -> None:
    known = seen(("货车在衢州高速烧了", "听说车烧了,我的电脑在上面吗", "运输车辆起火,全损"))
    more = ("你们的货车着火了,怎么赔", "The truck that burned had my scarves on it")
    [(fire, cases)] = found(*known, *seen(more, hours=4)).items()
    assert (fire.cause, fire.place, len(cases)) == ("fire", "车辆 vehicle", 5)


def test_things_that_burn_at_home_are_no_incident_of_a_vehicle() -> None:
    assert not found(*seen(("风扇一开就冒烟", "充电宝烧起来了", "插座起火", "车里的货湿了")))


def test_a_payment_taken_twice_needs_no_place() -> None:
    texts = ("app扣了两次", "你们app重复扣费", "小程序重复扣款", "The website charged me twice")
    [(twice, cases)] = found(*seen((*texts, "官网下单扣两次"))).items()
    assert (twice.cause, len(cases)) == ("billing", 5)


def test_another_word_for_what_happened_there_makes_no_second_incident() -> None:
    stopped = ("金門船班停航", "寄往金門,客輪停航", "金門的件,說停航了", "金门航线停航到周末")
    stuck = ("金門的件滯留廈門", "金門的卡在廈門", "金門那件積壓了")
    [(ferry, cases)] = found(*seen(stopped), *seen(stuck, hours=5)).items()
    assert (ferry.cause, len(cases)) == ("flight", 7)


def test_a_hub_that_the_facts_name_is_a_word_like_any_other() -> None:
    sightings = [
        sighting_of(
            f"f{n}", f"k{n}", f"p{n}", at(minutes=n), text, POLICY, hub="东莞分拨", category="loss"
        )
        for n, text in enumerate(("仓库着火", "起火了吗", "件呢", "烧了没有", "怎么样了"))
    ]
    [(fire, cases)] = found(*sightings).items()
    assert (fire.place, fire.category, len(cases)) == ("东莞分拨", "loss", 5)


def test_enough_who_name_a_cause_that_is_rare_elsewhere_are_enough() -> None:
    """Who asks about his parcel need not say what happened to it."""
    asking = tuple(f"白鹤洞那边我的{goods}" for goods in ("茶", "书", "鞋", "灯", "画"))
    assert list(found(*seen(asking))) == []
    [cases] = found(*seen((*asking, *FIRE[:3]))).values()
    assert len(cases) == 8


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_contacts_within_minutes_changes_no_incident(seed: int) -> None:
    fires = seen(FIRE, step=0)
    Random(seed).shuffle(fires)
    [cases] = taken([*BACKGROUND, *fires]).values()
    assert cases == {one.case_id for one in fires}


def test_too_few_cases_or_one_complainant_or_too_much_time_make_none() -> None:
    assert found(*seen(FIRE[:3])) == {}
    assert found(*seen(FIRE, case="one case")) == {}
    assert found(*seen(FIRE, person="a merchant")) == {}
    assert found(*seen(FIRE, step=40)) == {}


def test_complaints_of_one_station_about_this_and_that_are_no_incident() -> None:
    station = (
        "城南站师傅骂人",
        "城南站多收两块",
        "城南站取件码不对",
        "城南站送错了",
        "城南站没开灯",
    )
    assert found(*seen(station)) == {}


def test_a_word_that_is_always_frequent_does_not_burst() -> None:
    crowd = seen(OTHERS * 80, hours=-200, step=0.4)
    every_day = seen(FIRE * 6, hours=-200, step=7)
    assert taken([*crowd, *every_day]) == {}


def test_two_incidents_of_one_day_stay_apart() -> None:
    snow = ("若尔盖大雪封山", "若尔盖下雪停了五天", "大雪,若尔盖进不来", "若尔盖雪太大")
    causes = {one.cause for one in found(*seen(FIRE), *seen(snow, hours=2))}
    assert causes == {"fire", "snow"}


def test_unrelated_complaints_of_a_week_are_hardly_ever_taken_for_an_incident() -> None:
    """Texts that have nothing to do with each other, and name more fires, floods and closed
    stations than any real week."""
    texts = [one.line.text for one in read_training()]
    Random(1).shuffle(texts)
    del texts[4000:]
    step = 7 * 24 / len(texts)
    assert len(taken(seen(tuple(texts), step=step))) <= 2


def test_a_storm_costs_no_more_a_contact_than_a_small_incident() -> None:
    random, detection, found, costs = Random(35), Detection(POLICY), 0, []
    texts = [each.line.text for each in read_training()][:3000]
    for part in range(6):
        begun = process_time()
        for number in range(500):
            fire, other = random.choice(FIRE), random.choice(texts)[:40]
            name = f"{part}-{number}"
            found += len(detection.see(seen((f"{fire}。{other}",), case=name, person=name)[0]))
        costs.append(process_time() - begun)
    assert found > 2900
    # With every contact of the storm compared, the sixth part costs 25 times the first.
    assert costs[5] < 8 * costs[0], costs


def test_only_so_many_contacts_are_remembered() -> None:
    small = POLICY.model_copy(update={"most_sightings": 4})
    assert taken([*seen(FIRE[:3]), *seen(OTHERS, hours=5), *seen(FIRE[3:], hours=14)], small) == {}
    memory = Memory(small)
    for one in seen(OTHERS * 3):
        memory.add(one)
    assert len(memory) == 4


def test_what_was_found_is_known_again_after_a_restart() -> None:
    before, after = Detection(POLICY), Detection(POLICY)
    for one in [*BACKGROUND[:40], *seen(FIRE)]:
        after.restore(one, before.see(one))
    [later] = seen(("白鹤洞大火,我的也烧了吗",), hours=20)
    assert [one.cluster.place for one in after.see(later)] == ["白鹤洞"]
    assert after.see(seen(FIRE)[0]) == []
