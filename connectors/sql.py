"""Any database with an SQLAlchemy dialect: one SELECT a metric, with an observation's columns.

What a query may say, and what keeps it from writing, is told in docs/connectors/sql.md.
"""

import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

from pydantic import Field
from sqlalchemy import Connection, NullPool, Select, create_engine, exc, literal, select, text
from sqlalchemy.engine import URL, Engine, make_url

from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    Capability,
    ConfigError,
    Connector,
    ConnectorError,
    ConnectorInfo,
    Context,
    DataError,
    MetricSpec,
    Observation,
    PullRequest,
    Secret,
    TransientError,
    hookimpl,
)
from journey_atlas_sdk.observation_rows import bound_values
from journey_atlas_sdk.queries import Column, QuerySettings, kind_of, read_answer
from journey_atlas_sdk.settings import AllowPrivate
from journey_atlas_sdk.stopping import stopping
from journey_atlas_sdk.texts import says

_FILES: Final = frozenset({"sqlite", "duckdb"})
_OTHER_WAYS: Final = frozenset({"host", "hostaddr", "service"})

_CONNECT_SECONDS: Final = 10
_LOCKED_SECONDS: Final = 2

_LIMITS: Final = (
    "SELECT set_config('statement_timeout', :limit, true), set_config('TimeZone', :zone, true)"
)

# Connecting fails without an SQLSTATE: drivers pass on no more than the server's words.
_BY_WORDS: Final[Mapping[str, type[ConnectorError]]] = {
    r"authentication failed|no password supplied|no pg_hba.conf entry": AuthError,
    r"role \".*\" does not exist|access denied for user|login failed": AuthError,
    r"permission denied": AccessDenied,
    r"does not exist|unable to open database file|unknown database": ConfigError,
}
_BUSY_SQLITE: Final = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM}
)


class SqlSettings(QuerySettings):
    """Where the database is, and the query of each metric."""

    url: Secret = Field(description="As in `postgresql://reader:password@host/database`.")
    allow_private: AllowPrivate = False
    timeout_seconds: Annotated[int, Field(ge=1, le=300)] = Field(
        default=30,
        description="PostgreSQL, SQLite and DuckDB stop a statement that lasts longer.",
    )

    def files(self) -> Mapping[str, Sequence[Path]]:
        """Give the database's file too, where it is one."""
        try:
            url = make_url(self.url.get_secret_value().strip())
        except (exc.ArgumentError, ValueError):  # which a pull tells
            return super().files()
        file = url.database if url.get_backend_name() in _FILES else None
        return {**super().files(), "url": [Path(file)]} if file else super().files()


class Sql(Connector[SqlSettings]):
    """Asks a database, over a connection of its own for each pull and in a thread."""

    info = ConnectorInfo(
        key="sql",
        title="SQL database",
        version="1.0.0",
        settings=SqlSettings,
        capabilities=frozenset({Capability.HISTORY, Capability.DISCOVER, Capability.DIMENSIONS}),
        timeout=timedelta(seconds=320),  # longer than the longest statement
        documentation="docs/connectors/sql.md",
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        """Give the rows of the metric's query that have exactly the asked dimensions."""
        url = await self._url(context)
        read = partial(self._observations, request, url, context)
        for observation in await context.blocking(read):
            yield observation

    async def check(self, context: Context) -> None:
        """Connect and run SELECT 1."""
        url = await self._url(context)
        await context.blocking(lambda: self._run(select(literal(1)), url, context))

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics that have a query; only their answers tell their dimensions."""
        del context
        return self.settings.specs()

    async def _url(self, context: Context) -> URL:
        url = await context.blocking(lambda: _url(context), weight=0)
        return url if self.settings.allow_private else await _checked(url, context)

    def _observations(self, request: PullRequest, url: URL, context: Context) -> list[Observation]:
        statement, zone = self._statement(request, url), request.time_zone.key
        columns, rows = self._run(statement, url, context, zone=zone)
        self.settings.require_few(request.metric, len(rows))
        return read_answer(request, [*map(Column, columns)], rows, now=context.now())

    def _statement(self, request: PullRequest, url: URL) -> Select[Any]:  # Any: its columns
        """Bind the question's values; the wrapping bounds the rows, and can hold a SELECT only."""
        written = request.chosen(self.settings.queries).replace("::", r"\:\:")  # casts, no names
        query = text(f"{written}\n")  # it may end in a remark
        values = _values(request, url.get_backend_name())
        bound = query.bindparams(**{name: values[name] for name in query.compile().params})
        answer = bound.columns().subquery("answer")
        return select(text("*")).select_from(answer).limit(self.settings.max_rows + 1)

    def _run(
        self, statement: Select[Any], url: URL, context: Context, *, zone: str = "UTC"
    ) -> tuple[list[str], list[tuple[Any, ...]]]:  # Any: what the driver gives
        """Run a statement on a connection that only reads; give columns and rows."""
        engine = _engine(url)
        try:
            with engine.connect() as connection:
                _prepare(connection, seconds=self.settings.timeout_seconds, zone=zone)
                seconds = self.settings.timeout_seconds
                with stopping(_stopper(connection), context, seconds=seconds):
                    answer = connection.execute(statement)
                    rows = [tuple(row) for row in answer]
                return list(answer.keys()), rows
        except exc.DBAPIError as error:
            raise _named(error) from error
        except exc.SQLAlchemyError as error:
            message = "The query can't be put to this database."
            raise ConfigError(message, detail=str(error)) from error
        finally:
            engine.dispose()


@hookimpl
def atlas_connectors() -> list[type[Sql]]:
    """Bring the SQL connector."""
    return [Sql]


def _values(request: PullRequest, backend: str) -> dict[str, object]:
    """Give what a query may bind, by name, as a database takes it.

    PostgreSQL and DuckDB are told the zone and get exact times; others get times of that zone
    without an offset, SQLite as the text in which it keeps them.
    """
    return {name: _as_kept(value, backend) for name, value in bound_values(request).items()}


def _as_kept(value: date | str, backend: str) -> date | str:
    if isinstance(value, datetime) and backend not in ("postgresql", "duckdb"):
        value = value.replace(tzinfo=None)
    if backend != "sqlite" or isinstance(value, str):
        return value
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()


def _url(context: Context) -> URL:
    try:
        url = make_url(context.secret("url").strip())
        is_async = url.get_dialect().is_async
    except (exc.NoSuchModuleError, ImportError) as error:
        message = "No dialect for the database of `url` is installed; PostgreSQL's is postgresql://"
        raise ConfigError(message) from error
    except (exc.ArgumentError, ValueError):  # their messages hold parts of the URL
        message = "`url` is no database URL such as postgresql://reader:password@host/database."
        raise ConfigError(message) from None
    if is_async:
        message = f"The driver {url.get_driver_name()} of `url` won't do; psycopg is PostgreSQL's."
        raise ConfigError(message)
    return url


async def _checked(url: URL, context: Context) -> URL:
    """Have a server's address checked, and tell PostgreSQL's driver to connect to no other."""
    if url.get_backend_name() in _FILES:
        return url
    if url.query.keys() & _OTHER_WAYS:
        message = "Write the server's name before the database's, or set `allow_private`."
        raise ConfigError(message)
    addresses = await context.require_public(url.host or "localhost", url.port or 0)
    if url.get_driver_name().startswith("psycopg"):
        return url.update_query_dict({"hostaddr": addresses[0]})
    return url


def _engine(url: URL) -> Engine:
    """Make an engine whose connections read only, as far as its driver can promise it."""
    arguments: dict[str, object] = {}
    backend, driver = url.get_backend_name(), url.get_driver_name()
    if backend == "postgresql" and driver.startswith("psycopg"):
        arguments = {"connect_timeout": _CONNECT_SECONDS}
    elif backend == "sqlite":
        file = f"file:{quote(_file(url))}"
        url = url.set(database=file, query={"mode": "ro", "uri": "true"})
        arguments = {"timeout": _LOCKED_SECONDS}
    elif backend == "duckdb":
        _file(url)
        arguments = {"read_only": True, "config": {"enable_external_access": "false"}}
    try:
        return create_engine(url, poolclass=NullPool, connect_args=arguments)
    except ImportError as error:
        message = f"The driver {driver!r} of `url` is not installed."
        raise ConfigError(message) from error


def _file(url: URL) -> str:
    if not url.database or url.database == ":memory:":
        message = "`url` must name the database's file."
        raise ConfigError(message)
    return url.database


def _prepare(connection: Connection, *, seconds: int, zone: str) -> None:
    """Open a transaction that reads only, with a deadline and a time zone where there are such."""
    match connection.dialect.name:
        case "postgresql":
            connection.execution_options(postgresql_readonly=True)
            connection.execute(text(_LIMITS), {"limit": str(seconds * 1000), "zone": zone})
        case "sqlite":
            connection.execute(text("PRAGMA query_only = ON"))
        case "duckdb":
            connection.execute(text("SET TimeZone = :zone"), {"zone": zone})
        case _:  # the role and the parentheses around the query are its guards
            pass


def _stopper(connection: Connection) -> Callable[[], object]:
    driver: Any = connection.connection.driver_connection  # Any: each driver has its own
    for name in ("interrupt", "cancel_safe", "cancel"):  # SQLite and DuckDB, psycopg, others
        if hasattr(driver, name):
            return getattr(driver, name)  # type: ignore[no-any-return]  # the same
    return lambda: None


def _named(error: exc.DBAPIError) -> ConnectorError:
    """Name a driver's failure by what happens next."""
    said = str(error.orig)
    first = next((line.strip() for line in said.splitlines() if line.strip()), "no reason given")
    return _kind(error)(says("The database", first), detail=said)


def _kind(error: exc.DBAPIError) -> type[ConnectorError]:
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate:
        return kind_of(sqlstate)
    for words, kind in _BY_WORDS.items():
        if re.search(words, str(error.orig), re.IGNORECASE):
            return kind
    if isinstance(error.orig, sqlite3.OperationalError):
        is_busy = error.orig.sqlite_errorcode & 0xFF in _BUSY_SQLITE
        return TransientError if is_busy else ConfigError
    if isinstance(error, exc.DataError):
        return DataError
    is_outage = isinstance(error, (exc.OperationalError, exc.InterfaceError, exc.InternalError))
    return TransientError if is_outage else ConfigError
