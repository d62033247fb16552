"""Checks 6 to 8: trying the settings out, and telling which metrics there are."""

from collections.abc import Collection
from typing import Final

from journey_atlas_sdk.conformance import faults
from journey_atlas_sdk.conformance.bench import Bench
from journey_atlas_sdk.conformance.check import Check, Topic
from journey_atlas_sdk.conformance.comparing import told_error
from journey_atlas_sdk.conformance.specimen import Refused, Specimen
from journey_atlas_sdk.conformance.stage import Stage
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.conformance.watching import files_of
from journey_atlas_sdk.conformance.wire import Fault, no_fault
from journey_atlas_sdk.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    TransientError,
)

_MOST_REQUESTS: Final = 2
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def checks_cheaply(bench: Bench) -> None:
    """6: `check` passes, in at most two requests, and changes nothing."""
    questions = await _addresses_of_a_pull(bench)
    stage = bench.open()
    before = files_of(stage.world.folder)
    await stage.check()
    changed = {name for name, _ in before.items() ^ files_of(stage.world.folder).items()}
    sent = stage.wire.sent
    if len(sent) > _MOST_REQUESTS:
        raise Mismatch(
            expected=f"`check` needs at most {_MOST_REQUESTS} requests",
            seen=f"{len(sent)}: {', '.join(each.line for each in sent[:4])}",
        )
    writing = [
        each.line
        for each in sent
        if each.request.method not in _READING
        and (each.request.method, each.request.url.path) not in questions
    ]
    if writing or changed:
        raise Mismatch(
            expected="`check` only reads",
            seen=", ".join([*writing, *(f"it changed {name}" for name in sorted(changed))]),
        )


async def _addresses_of_a_pull(bench: Bench) -> Collection[tuple[str, str]]:
    """Give methods and paths of what a pull sends: a POST among them only asks."""
    stage = bench.open()
    if bench.specimen.pulls:
        await stage.pull(bench.question())
    return {(sent.request.method, sent.request.url.path) for sent in stage.wire.sent}


async def names_what_is_wrong(bench: Bench) -> None:
    """7: a wrong secret, too narrow a scope and a wrong host each have their own error."""
    ways = [*_by_the_author(bench.specimen), *await _by_the_kit(bench)]
    if not ways:
        reason = "it has no secret, no scope and no host; its specimen names nothing wrong"
        raise NotApplicable(reason)
    for told, refused, fault in ways:
        stage = bench.open(changed=refused.settings, fault=fault)
        await _require_refused(stage, told, refused.error)


Way = tuple[str, Refused, Fault]
"""What is wrong, the settings that make it so and their error, and what becomes of requests."""


def _by_the_author(specimen: Specimen) -> list[Way]:
    named = {
        "a wrong secret": specimen.wrong_secret,
        "too narrow a scope": specimen.narrow,
        "a wrong host": specimen.wrong_host,
    }
    return [(told, refused, no_fault) for told, refused in named.items() if refused]


async def _by_the_kit(bench: Bench) -> list[Way]:
    """Think of what is wrong where the author didn't: each secret that is sent, and no host."""
    specimen = bench.specimen
    if specimen.source is None:
        return []
    stage = bench.open()
    await stage.check()
    ways: list[Way] = []
    if specimen.wrong_secret is None:
        ways += [
            (f"a wrong {name}", Refused({name: f"wrong-{name}-0000"}, AuthError), no_fault)
            for name, secret in stage.secrets.items()
            if any(sent.holds(secret) for sent in stage.wire.sent)
        ]
    if specimen.wrong_host is None:
        ways.append(("a host that isn't there", Refused({}, TransientError), faults.nobody_there))
    return ways


async def _require_refused(stage: Stage, told: str, error: type[ConnectorError]) -> None:
    wanted = f"`check` with {told} raises {error.__name__}"
    legal = (error, ConfigError) if error is TransientError else (error,)
    try:
        await stage.check()
    except ConnectorError as raised:
        if isinstance(raised, legal):
            return
        seen = told_error(raised)
        raise Mismatch(expected=wanted, seen=seen) from raised
    raise Mismatch(expected=wanted, seen="it passes")


async def discovers_the_same(bench: Bench) -> None:
    """8: `discover` lists the same at each call, and `describe` says the same."""
    stage = bench.open()
    once, again = await stage.discover(), await stage.discover()
    keys = [spec.key for spec in once]
    if once != again or len(keys) != len(set(keys)):
        raise Mismatch(
            expected="the same metrics in the same order at each call, each once",
            seen=f"{', '.join(keys)}; then {', '.join(spec.key for spec in again)}",
        )
    for spec in once:
        described = await stage.describe(spec.key)
        if described != spec:
            raise Mismatch(
                expected=f"`describe` says of {spec.key!r} what `discover` says: {spec}",
                seen=f"{described}",
            )
    metric = bench.specimen.golden.metric
    if keys and metric not in keys:
        raise Mismatch(
            expected=f"the golden metric {metric!r} is listed", seen=f"there are {', '.join(keys)}"
        )


CHECKS: Final = (
    Check(6, "`check` passes in at most 2 requests and only reads", Topic.ASKING, checks_cheaply),
    Check(7, "wrong secret, scope and host have their errors", Topic.ASKING, names_what_is_wrong),
    Check(8, "`discover` is the same at each call, and legal", Topic.ASKING, discovers_the_same),
)
