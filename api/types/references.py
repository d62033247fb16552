"""The public types by name, so that their files may refer to each other in circles."""

from typing import Any

from strawberry.types.lazy_type import LazyType

Reference = Any  # strawberry wants a class here; a lazy type only stands for one


def _named(name: str, module: str) -> Reference:
    return LazyType[Any, Any](name, f"api.types.{module}")


NODE = _named("Node", "node")
ATLAS_NODE = _named("AtlasNode", "node")
OKR_ANCHOR = _named("OkrAnchor", "node")
ATLAS = _named("Atlas", "atlas")
ORGANIZATION = _named("Organization", "organization")
GOAL = _named("Goal", "goal")
JOURNEY = _named("Journey", "journey")
STEP = _named("Step", "journey")
INSIGHT = _named("Insight", "insight")
OPPORTUNITY = _named("Opportunity", "opportunity")
SOLUTION = _named("Solution", "solution")
METRIC = _named("Metric", "metric")
OBJECTIVE = _named("Objective", "objective")
KEY_RESULT = _named("KeyResult", "key_result")
CYCLE = _named("Cycle", "cycle")
TEAM = _named("Team", "team")
MEMBER = _named("Member", "team")
PERSONA = _named("Persona", "team")
CONNECTION = _named("Connection", "source")
METRIC_SOURCE = _named("MetricSource", "source")
CONNECTOR = _named("Connector", "connector")
