"""The links between nodes: one table, in which only the law's pairs of kinds fit."""

from collections.abc import Iterable

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    Text,
    text,
)

from domain.links import RULES, MeasureDimension, Relation, legal_pairs
from domain.node import Kind
from storage.tables.columns import Id, choice, holds, tenant_table


def _legal() -> str:
    triples = ", ".join(f"('{r}', '{s}', '{t}')" for r, s, t in legal_pairs())
    return f"(relation, source_kind, target_kind) IN ({triples})"


def _kept_among(relations: Iterable[Relation]) -> str:
    listed = ", ".join(f"'{relation}'" for relation in relations)
    return f"relation IN ({listed}) AND NOT is_removed"


def _end(name: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", f"{name}_id", f"{name}_kind"],
        ["nodes.tenant_id", "nodes.id", "nodes.kind"],
    )


links = tenant_table(
    "links",
    Column("source_id", Id, nullable=False),
    Column("relation", Text, nullable=False),
    Column("target_id", Id, nullable=False),
    Column("source_kind", Text, nullable=False),
    Column("target_kind", Text, nullable=False),
    Column("position", Integer),
    Column("weight", Numeric),
    Column("share", Numeric),
    *choice("dimension", MeasureDimension, optional=True),
    Column("long_term_target", Numeric),
    # An unlinked row stays as a mark, so that whoever asks for what changed since a revision
    # learns of it; linking again takes the mark away.
    Column("is_removed", Boolean, nullable=False),
    # The organization's revision that linked, changed or unlinked last.
    Column("revision", BigInteger, nullable=False),
    _end("source"),
    _end("target"),
    holds("legal", _legal()),
    holds("ends", "source_id <> target_id"),
    holds("weight", f"weight IS NULL OR (relation = '{Relation.CONTRIBUTES_TO}' AND weight >= 0)"),
    holds("share", f"share IS NULL OR (relation = '{Relation.OWNS}' AND share BETWEEN 0 AND 1)"),
    holds(
        "success_measure",
        "dimension IS NULL AND long_term_target IS NULL OR "
        f"relation = '{Relation.MEASURES}' AND target_kind = '{Kind.JOURNEY}'",
    ),
    Index("ix_links_target", "tenant_id", "target_id", "relation"),
    Index("ix_links_revision", "tenant_id", "revision"),
    Index(
        "uq_links_one_source",
        "tenant_id",
        "target_id",
        "relation",
        unique=True,
        postgresql_where=text(_kept_among(r for r, rule in RULES.items() if rule.one_source)),
    ),
    Index(
        "uq_links_one_target",
        "tenant_id",
        "source_id",
        "relation",
        unique=True,
        postgresql_where=text(_kept_among(r for r, rule in RULES.items() if rule.one_target)),
    ),
    primary_key=["source_id", "relation", "target_id"],
)
