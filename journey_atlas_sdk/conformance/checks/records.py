"""Checks 43 and 44: what is written down of a connector can be shown to everyone, and is whole."""

import re
from pathlib import Path
from typing import Final

from journey_atlas_sdk.conformance.bench import Bench
from journey_atlas_sdk.conformance.check import Check, Topic
from journey_atlas_sdk.conformance.comparing import require_same, told_error
from journey_atlas_sdk.conformance.copies import module_of
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.connector import ConnectorInfo, MetricSpec
from journey_atlas_sdk.errors import ConnectorError
from journey_atlas_sdk.hosting.cassettes import (
    Cassette,
    NotRecorded,
    RecordingTransport,
    ReplayingTransport,
    Scrubber,
)
from journey_atlas_sdk.hosting.page import rate_text

_PERSON: Final = re.compile(r"[\w.+-]+@(?!example\.invalid)[\w-]+(?:\.[\w-]+)+")


async def records_for_everyone(bench: Bench) -> None:
    """43: a recorded pull shows no secret and no person, and replays to the same answer."""
    bench.require_http()
    stage = bench.open()
    recorder = RecordingTransport(stage.wire, Scrubber(stage.secrets.values()), now=stage.clock.now)
    stage.route = lambda _: recorder
    recorded = await stage.pull(bench.question())
    written = recorder.cassette.to_json()
    shown = [name for name, secret in stage.secrets.items() if secret in written]
    shown += _PERSON.findall(written)
    if shown:
        raise Mismatch(expected="a cassette that everyone may read", seen=f"{shown[0]} is in it")
    stage = bench.open()
    replay = ReplayingTransport(Cassette.from_json(written), Scrubber(stage.secrets.values()))
    stage.route = lambda _: replay
    try:
        replayed = await stage.pull(bench.question())
        replay.require_played()
    except (NotRecorded, ConnectorError) as error:
        raise Mismatch(
            expected="the same question sends the same requests, so that a cassette replays",
            seen=told_error(error),
        ) from error
    require_same(replayed, recorded, bench.specimen.zone)


async def is_told_whole(bench: Bench) -> None:
    """44: the connector's page names every setting, capability, limit and metric."""
    info = bench.specimen.connector.info
    page = bench.specimen.documentation or _page(bench)
    if page is None:
        reason = "`info.documentation` names no page that is at hand"
        raise NotApplicable(reason)
    stage = bench.open()
    specs = await stage.discover()
    lacking = [told for told in _to_be_told(info, specs) if not _is_told(told, page)]
    if lacking:
        raise Mismatch(
            expected="its page names every setting, capability, limit and metric",
            seen=f"it lacks {', '.join(lacking)}",
        )


def _to_be_told(info: ConnectorInfo, specs: list[MetricSpec]) -> list[str]:
    settings = [f"`{name}`" for name in info.settings.model_fields]
    capabilities = [f"`{capability}`" for capability in sorted(info.capabilities)]
    # Metrics that only a customer's settings name are that customer's, not the page's.
    own = {spec.key for spec in info.metrics}
    return [
        *settings,
        *capabilities,
        *map(rate_text, info.limits),
        *(f"`{spec.key}`" for spec in specs if spec.key in own),
    ]


def _is_told(told: str, page: str) -> bool:
    return re.sub(r"[\s,]", "", told) in re.sub(r"[\s,]", "", page)


def _page(bench: Bench) -> str | None:
    """Find the page beside the connector's code, in its folder or one above."""
    named = bench.specimen.connector.info.documentation
    if named is None or "://" in named:
        return None
    module = Path(module_of(bench.specimen.connector).__file__ or "")
    found = (folder / named for folder in module.parents)
    return next((path.read_text(encoding="utf-8") for path in found if path.is_file()), None)


CHECKS: Final = (
    Check(43, "a cassette shows nobody, and replays", Topic.RECORDS, records_for_everyone),
    Check(44, "its page tells all of it", Topic.RECORDS, is_told_whole),
)
