"""What goes wrong at the edge of the product: settings, commands, requests.

ApiError                  a failure with a stable code and a message for whoever asked
├── SettingsError         a setting from the environment or a flag is wrong
├── CommandError          a command of the CLI can't do what it was asked; it ends with `exit_code`
│   └── ServerUnreachable no GraphQL server answers at the address
└── QueryError            what a client of the API may read
    ├── BadUserInput      the request asks for what can't be (BAD_USER_INPUT)
    ├── Forbidden         this server doesn't do that (FORBIDDEN)
    ├── NotFound          nothing has that key (NOT_FOUND)
    ├── LimitExceeded     the request asks for too much (COST_LIMIT); names the limit
    │   └── CostExceeded  answering would cost too much; tells the cost
    ├── DeadlineExceeded  answering took too long (DEADLINE)
    ├── Costly            the operation has to start again where it keeps nobody waiting
    └── Stopped           a field isn't answered because the whole operation has ended
CutOff                    a streamed table can't be finished: its connection is broken off
RequestRefused            a whole GraphQL request is refused before anything of it ran
"""

from collections.abc import Sequence

from graphql import GraphQLError


class ApiError(Exception):
    """A failure with a stable code and a message for whoever asked."""

    code = "API_ERROR"
    exit_code = 1


class SettingsError(ApiError):
    """A setting is wrong; the message names it and what is legal."""

    code = "SETTINGS"
    exit_code = 2


class CommandError(ApiError):
    """A command can't do what it was asked; the message says what to do instead."""

    code = "COMMAND"
    exit_code = 1


class ServerUnreachable(CommandError):
    """No GraphQL server answers at the address; the message names it."""

    code = "SERVER_UNREACHABLE"
    exit_code = 4


class QueryError(ApiError):
    """A failure whose message is written for the client of the API.

    `details` stand beside the code in the error's extensions.
    """

    code = "INTERNAL"

    def __init__(self, message: str, **details: str | int) -> None:
        """Say what was seen and what to do."""
        super().__init__(message)
        self.message = message
        self.details = details


class BadUserInput(QueryError):
    """The request asks for what can't be."""

    code = "BAD_USER_INPUT"


class Forbidden(QueryError):
    """Neither this server nor this way of asking allows it."""

    code = "FORBIDDEN"


class NotFound(QueryError):
    """Nothing has that key or id."""

    code = "NOT_FOUND"


class LimitExceeded(QueryError):
    """The request asks for too much."""

    code = "COST_LIMIT"

    def __init__(self, *, limit: str, maximum: int, seen: str, advice: str = "") -> None:
        """Name the limit as `docs/limits.md` does, what was `seen` in its place, what to do."""
        message = f"{seen}; the limit `{limit}` allows {maximum}. {advice}".rstrip()
        super().__init__(message, limit=limit, maximum=maximum)


class CostExceeded(LimitExceeded):
    """Answering would cost too much."""

    def __init__(self, *, limit: str, maximum: int, cost: int, seen: str, advice: str = "") -> None:
        """Tell the cost beside the limit."""
        super().__init__(limit=limit, maximum=maximum, seen=seen, advice=advice)
        self.details["cost"] = cost


class DeadlineExceeded(QueryError):
    """Answering took longer than an operation may take."""

    code = "DEADLINE"


class Costly(QueryError):
    """The operation has to start again where it keeps nobody waiting; never answered."""


class Stopped(QueryError):
    """The operation has ended, and its one reason is what the client reads; never answered."""


class CutOff(Exception):
    """A streamed table can't be finished; for the server's log, and never answered."""


class RequestRefused(Exception):
    """A request that is refused before anything of it ran; its answer has no `data`."""

    def __init__(self, errors: Sequence[GraphQLError], *, code: str = BadUserInput.code) -> None:
        """Keep the errors; `code` is that of those without a code of their own."""
        super().__init__("; ".join(error.message for error in errors))
        self.errors = list(errors)
        self.code = code


def refused(error: QueryError) -> RequestRefused:
    """Refuse a whole request for a reason that a client may read."""
    return RequestRefused([GraphQLError(error.message, original_error=error)], code=error.code)
