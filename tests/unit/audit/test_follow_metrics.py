"""What the continuous audit exports beside what it judges."""

from datetime import date

from services.audit.follow_metrics import FollowMetrics
from services.domain.calendars.policy import load_calendars


def test_each_calendar_with_holidays_shows_how_soon_it_ends() -> None:
    metrics = FollowMetrics()
    calendars = load_calendars()
    metrics.calendars(calendars.days_left(date(2026, 12, 1)))
    metrics.calendars(calendars.days_left(date(2026, 12, 2)))

    def left(calendar: str) -> float | None:
        return metrics.registry.get_sample_value(
            "complaints_calendar_days_left", {"calendar": calendar}
        )

    assert left("cn-office") == 29
    assert left("always") is None
