"""Users who open an app and an account, at the fake of Mixpanel."""

from datetime import datetime, timedelta

from api.demo.vendors import mixpanel
from api.demo.vendors.analytics import Event
from tests.vendors.demo import DAYS, OSLO, Demo, present, spread


def demo(now: datetime) -> Demo:
    """Twelve users a day who open the app; ever more of them open an account."""
    steps = ["App Open", "Account Opened"]
    events = [
        Event(
            name=step,
            user=f"user-{number}",
            at=spread(now, number, each=12) + timedelta(minutes=9 * place),
        )
        for number in range(DAYS * 12)
        for place, step in enumerate(steps[: 1 + (number * 7 % 12 < 4 + number // 1_200)])
    ]
    funnels = {"7509": mixpanel.Funnel(steps=steps)}
    fake = mixpanel.Mixpanel(now=present, zone=OSLO, events=events, funnels=funnels)
    return Demo(
        app=fake,
        settings={
            "username": mixpanel.USERNAME,
            "secret": mixpanel.SECRET,
            "project": mixpanel.PROJECT,
            "time_zone": OSLO.key,
            "reports": {
                "signup": {"funnel": 7509, "conversion_days": 7},
                "openings": {"event": "App Open"},
            },
        },
    )
