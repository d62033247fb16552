"""The catalogue of the connectors that come with the product, as tables for a page of the docs."""

import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median_low
from typing import Final

from journey_atlas_sdk import Capability
from journey_atlas_sdk.hosting.markdown import table
from journey_atlas_sdk.hosting.page import limit_text
from plugins.registry import RegisteredConnector

KINDS: Final[Mapping[str, Sequence[str]]] = {
    "Surveys and the voice of the customer": (
        "delighted",
        "intercom",
        "medallia",
        "qualtrics",
        "surveymonkey",
        "typeform",
        "zendesk",
    ),
    "Analytics": (
        "adobe-analytics",
        "amplitude",
        "ga4",
        "matomo",
        "mixpanel",
        "plausible",
        "posthog",
    ),
    "Work, code and customer records": ("github", "hubspot", "jira", "salesforce"),
    "Data and BI": (
        "bigquery",
        "cube",
        "databricks",
        "dbt-semantic-layer",
        "google-sheets",
        "singer",
        "snowflake",
        "sql",
    ),
    "Operations": ("influxdb", "prometheus"),
    "Files, and systems of your own": ("csv", "csv-http", "json-http", "s3", "webhook"),
    "For rehearsals": ("rehearsal",),
}
"""What a reader looks for, and the connectors of it by key."""

_VERIFIED: Final = re.compile(r"^\*\*Verified\*\* against (.+?)[.:]\s", re.MULTILINE | re.DOTALL)
_HEAD: Final = ("connector", "brings", "capabilities", "limits", "verified against", "lines")


def catalogue(connectors: Mapping[str, RegisteredConnector], pages: Mapping[str, Path]) -> str:
    """Tell what there is, kind by kind; `pages` are the connectors' own.

    ValueError where a connector is of no kind, or its page doesn't say how it was verified.
    """
    lacking = sorted(set(connectors) - {key for keys in KINDS.values() for key in keys})
    if lacking:
        message = f"Of which kind are {', '.join(lacking)}? Name them in KINDS."
        raise ValueError(message)
    lengths = {key: _length(connectors[key]) for key in connectors}
    kinds = (
        f"### {kind}\n\n"
        + table(_HEAD, (_row(connectors[key], pages[key], lengths[key]) for key in sorted(keys)))
        for kind, keys in KINDS.items()
    )
    return "\n".join([*kinds, _told(lengths)])


def _row(connector: RegisteredConnector, page: Path, length: int) -> tuple[str, ...]:
    info = connector.info
    return (
        f"[`{info.key}`]({page.name})",
        info.title,
        ", ".join(each for each in Capability if each in info.capabilities),
        "; ".join(map(limit_text, info.limits)) or "none declared",
        _verified(page),
        str(length),
    )


def _verified(page: Path) -> str:
    found = _VERIFIED.search(page.read_text(encoding="utf-8"))
    if found is None:
        message = f"{page.name} needs a sentence that begins with `**Verified** against`."
        raise ValueError(message)
    return found[1]


def _length(connector: RegisteredConnector) -> int:
    """Count the lines of a connector's file."""
    return len(Path(inspect.getfile(connector.connector)).read_text(encoding="utf-8").splitlines())


def _told(lengths: Mapping[str, int]) -> str:
    longest = max(lengths, key=lambda key: lengths[key])
    return (
        f"{len(lengths)} connectors, each one file. The longest is `{longest}` with "
        f"{lengths[longest]} lines; the median has {median_low(lengths.values())}.\n"
    )
