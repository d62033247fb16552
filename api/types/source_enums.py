"""The public enums of connections and their sources."""

from api.types.enums import public_enum
from domain.secret import SecretKind

SECRET_KIND = public_enum(
    SecretKind,
    "Where a secret's value lies.",
    STORED="Here, sealed.",
    ENVIRONMENT="In an environment variable of the server.",
    FILE="In a file of the server's folder of secrets.",
)
