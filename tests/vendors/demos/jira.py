"""Issues of a project, at the fake of Jira Cloud."""

from datetime import datetime, timedelta

from tests.vendors import jira
from tests.vendors.demo import DAYS, Demo, present, spread


def demo(now: datetime) -> Demo:
    """Three issues a day that are resolved, ever sooner after work on them began."""
    issues = [
        jira.Issue(
            number=number,
            dates={
                "created": at - timedelta(days=30),
                "customfield_10008": at - timedelta(hours=150 - number // 12 + number * 7 % 20),
                "resolutiondate": at,
            },
        )
        for number in range(DAYS * 3)
        for at in [spread(now, number, each=3)]
    ]
    fake = jira.Jira(now=present, issues=issues)
    cycle_time = {"jql": "project = CX", "measure": "MEDIAN", "since": "customfield_10008"}
    return Demo(
        app=fake,
        settings={
            "email": jira.EMAIL,
            "token": jira.TOKEN,
            "queries": {"cycle-time": cycle_time, "throughput": {"jql": "project = CX"}},
        },
    )
