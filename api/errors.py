"""What goes wrong at the edge of the product: settings, commands, requests.

ApiError
├── SettingsError       a setting from the environment or a flag is wrong
└── CommandError        a command of the CLI can't do what it was asked; it ends with `exit_code`
"""


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
