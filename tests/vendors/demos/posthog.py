"""People who begin with a product and come to its core, at the fake of PostHog."""

from datetime import datetime, timedelta

from api.demo.vendors.analytics import Event
from tests.vendors import posthog
from tests.vendors.demo import DAYS, OSLO, Demo, present, spread


def demo(now: datetime) -> Demo:
    """Eight people a day who sign up; ever more of them invite a colleague the same day."""
    steps = ["signed_up", "invited"]
    events = [
        Event(
            name=step,
            user=f"user-{number}",
            at=spread(now, number, each=8) + timedelta(minutes=5 * place),
        )
        for number in range(DAYS * 8)
        for place, step in enumerate(steps[: 1 + (number * 7 % 12 < 3 + number // 900)])
    ]
    return Demo(
        app=posthog.PostHog(now=present, zone=OSLO, events=events),
        settings={
            "token": posthog.KEY,
            "project": posthog.PROJECT,
            "reports": {
                "invites": {"conversion": "invited", "of": "signed_up"},
                "sign-ups": {"event": "signed_up"},
            },
        },
    )
