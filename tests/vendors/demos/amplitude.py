"""Users who look at a loan and apply for it, at the fake of Amplitude."""

from datetime import datetime, timedelta

from api.demo.vendors.analytics import Event
from tests.vendors import amplitude
from tests.vendors.demo import DAYS, OSLO, Demo, present, spread


def demo(now: datetime) -> Demo:
    """Six users a day who calculate a loan; ever more of them apply."""
    steps = ["Loan Calculated", "Application Sent"]
    events = [
        Event(
            name=step,
            user=f"user-{number}",
            at=spread(now, number, each=6) + timedelta(minutes=15 * place),
        )
        for number in range(DAYS * 6)
        for place, step in enumerate(steps[: 1 + (number * 7 % 12 < 3 + number // 600)])
    ]
    return Demo(
        app=amplitude.Amplitude(now=present, zone=OSLO, events=events),
        settings={
            "api_key": amplitude.API_KEY,
            "secret_key": amplitude.SECRET_KEY,
            "time_zone": OSLO.key,
            "reports": {
                "applications": {"steps": steps, "conversion_days": 7},
                "calculations": {"event": "Loan Calculated"},
            },
        },
    )
