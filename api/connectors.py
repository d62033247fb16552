"""Which connectors there are: built in, installed, and dropped into a folder.

Apart from `api/app.py`, so that listing them starts neither GraphQL nor a database.
"""

from api.errors import CommandError
from api.settings import Settings
from plugins.discovery import load_plugins
from plugins.intruders import find_intruders, package_homes
from plugins.registry import Registry


def load_registry(settings: Settings) -> Registry:
    """Load the connectors; CommandError where one of our own packages is somebody else's."""
    intruders = find_intruders(package_homes())
    if intruders:
        raise CommandError(" ".join(intruder.message for intruder in intruders))
    return load_plugins(settings.plugins_dir)
