"""Pull requests and releases of a repository, at the fake of GitHub."""

from datetime import datetime, timedelta

from tests.vendors import github
from tests.vendors.demo import DAYS, Demo, present, spread


def demo(now: datetime) -> Demo:
    """Three pull requests a day that are merged ever sooner, and a release every few days."""
    merged = [spread(now, number, each=3) for number in range(DAYS * 3)]
    fake = github.GitHub(
        now=present,
        items=[
            github.Item(
                number=number,
                created_at=at - timedelta(hours=60 - number // 30 + number * 7 % 20),
                closed_at=at,
            )
            for number, at in enumerate(merged)
        ],
        releases=[
            github.Release(number=number, published_at=at)
            for number, at in enumerate(merged)
            if number % (14 - number // 100) == 0
        ],
    )
    asked = {"repository": github.REPOSITORY, "events": "PULL_REQUESTS"}
    return Demo(
        app=fake,
        settings={
            "token": github.TOKEN,
            "reports": {
                "lead-time": {**asked, "measure": "MEDIAN"},
                "merged": asked,
                "releases": {**asked, "events": "RELEASES"},
            },
        },
    )
