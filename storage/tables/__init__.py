"""The tables, as PostgreSQL has them after all migrations.

columns: ids, references, named rules; nodes: tenants, organizations, nodes; kinds: one table per
kind; links; secrets: of connections, and what they were exchanged for, sealed; observations:
observations, their revisions, sync runs, readings; receiving: what is sent to us; schedules; jobs:
their ledger; budgets; switches.
Nearly every table is a tenant's: its id leads every key, so that the same schema can be spread over
many servers.
"""

from storage.tables.budgets import source_budgets
from storage.tables.columns import metadata
from storage.tables.jobs import jobs
from storage.tables.kinds import TABLE_OF, metric_sources
from storage.tables.links import links
from storage.tables.nodes import (
    node_contributors,
    node_personas,
    nodes,
    organizations,
    tenants,
)
from storage.tables.observations import (
    observation_revisions,
    observations,
    source_readings,
    sync_runs,
)
from storage.tables.receiving import deliveries, idempotency_keys
from storage.tables.schedules import sync_schedules
from storage.tables.secrets import connection_secrets, renewed_secrets
from storage.tables.switches import switched_off_connectors

__all__ = [
    "TABLE_OF",
    "connection_secrets",
    "deliveries",
    "idempotency_keys",
    "jobs",
    "links",
    "metadata",
    "metric_sources",
    "node_contributors",
    "node_personas",
    "nodes",
    "observation_revisions",
    "observations",
    "organizations",
    "renewed_secrets",
    "source_budgets",
    "source_readings",
    "switched_off_connectors",
    "sync_runs",
    "sync_schedules",
    "tenants",
]
