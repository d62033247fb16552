"""Tenants, organizations, what all nodes share, and the lists of nodes that nodes hold."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.node import Kind
from storage.tables.columns import Id, Moment, holds, metadata, one_of, refers, tenant_table

# A global table: it finds a tenant by its key and points nowhere, so that statements on the tables
# of tenants can carry the tenant's id.
tenants = Table(
    "tenants",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False),
    UniqueConstraint("key", name="uq_tenants_key"),
)

organizations = tenant_table(
    "organizations",
    Column("title", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status_policy", Text, nullable=False),
    Column("status_parameters", JSONB, nullable=False),
    # The atlas's revision: counts the transactions that changed anything of the organization.
    Column("revision", BigInteger, nullable=False),
    # The token of the write that made this revision: a writer who lost the connection while
    # committing learns from it whether the write arrived.
    Column("last_write", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_organizations_tenant_id"),
    holds("revision", "revision >= 1"),
    primary_key=[],
)

UNOWNED = (
    Kind.CYCLE,
    Kind.TEAM,
    Kind.MEMBER,
    Kind.PERSONA,
    Kind.CONNECTION,
    Kind.METRIC_SOURCE,
)
"""The kinds that nobody answers for: they have no owner, labels and fields of a customer's own."""


def _answered_for() -> str:
    unowned = ", ".join(f"'{kind}'" for kind in UNOWNED)
    return (
        f"CASE WHEN kind IN ({unowned}) "
        "THEN num_nonnulls(owner_id, accountable_id, labels, custom_fields) = 0 "
        "ELSE num_nonnulls(labels, custom_fields) = 2 END"
    )


nodes = tenant_table(
    "nodes",
    Column("id", Id, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("owner_id", Id),
    Column("accountable_id", Id),
    Column("labels", JSONB),
    Column("custom_fields", JSONB),
    Column("version", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("archived_at", Moment),
    # The organization's revision that changed this node, or its own fields, last.
    Column("revision", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "key", name="uq_nodes_key"),
    UniqueConstraint("tenant_id", "id", "kind", name="uq_nodes_kind"),
    ForeignKeyConstraint(["tenant_id"], ["organizations.tenant_id"], name="fk_nodes_organization"),
    refers("owner_id", "teams", later=True),
    refers("accountable_id", "members", later=True),
    one_of("kind", Kind),
    holds("version", "version >= 1"),
    holds("answered_for", _answered_for()),
    Index("ix_nodes_revision", "tenant_id", "revision"),
    primary_key=["id"],
)

node_contributors = tenant_table(
    "node_contributors",
    Column("node_id", Id, nullable=False),
    Column("position", Integer, nullable=False),
    Column("member_id", Id, nullable=False),
    refers("node_id", "nodes"),
    refers("member_id", "members"),
    UniqueConstraint("tenant_id", "node_id", "member_id", name="uq_node_contributors_member"),
    primary_key=["node_id", "position"],
)

node_personas = tenant_table(
    "node_personas",
    Column("node_id", Id, nullable=False),
    Column("position", Integer, nullable=False),
    Column("persona_id", Id, nullable=False),
    refers("node_id", "nodes"),
    refers("persona_id", "personas"),
    UniqueConstraint("tenant_id", "node_id", "persona_id", name="uq_node_personas_persona"),
    primary_key=["node_id", "position"],
)
