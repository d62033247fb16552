"""The schema, put together from the public types; `python -m api.schema` writes it down."""

from pathlib import Path

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from api.mutations.root import Mutation
from api.subscriptions.root import Subscription
from api.types.atlas import Atlas
from api.types.cycle import Cycle
from api.types.goal import Goal
from api.types.insight import Insight
from api.types.journey import Journey, Step
from api.types.key_result import KeyResult
from api.types.metric import Metric
from api.types.objective import Objective
from api.types.opportunity import Opportunity
from api.types.organization import Organization
from api.types.query import Query
from api.types.scalars import SCALARS
from api.types.solution import Solution
from api.types.source import Connection, MetricSource
from api.types.team import Member, Persona, Team

SCHEMA_FILE = Path(__file__).with_name("schema.graphql")
"""The committed schema: what clients may rely on, and what a review of a change looks at."""

_TYPES = (
    Atlas,
    Goal,
    Journey,
    Step,
    Insight,
    Opportunity,
    Solution,
    Metric,
    Objective,
    KeyResult,
    Cycle,
    Team,
    Member,
    Persona,
    Connection,
    MetricSource,
    Organization,
)


def build_schema() -> strawberry.Schema:
    """Build the schema from the public types."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=_TYPES,
        config=StrawberryConfig(scalar_map=SCALARS),
    )


def executable(schema: strawberry.Schema) -> GraphQLSchema:
    """Give the schema as graphql-core executes it; strawberry has no public name for it."""
    return schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def schema_text() -> str:
    """Give the schema in GraphQL's own language, as it is committed."""
    return build_schema().as_str() + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
