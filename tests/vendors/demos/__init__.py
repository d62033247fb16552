"""Each vendor's fake with a year of history in it: a module a vendor, named as its connector.

Hyphens are written as underscores.
"""

import pkgutil
from datetime import datetime
from importlib import import_module
from typing import Final

from tests.vendors.demo import Demo

VENDORS: Final = sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def demo_of(vendor: str, now: datetime) -> Demo:
    """Make a vendor's demo, whose history ends now."""
    made: Demo = import_module(f"{__name__}.{vendor.replace('-', '_')}").demo(now)
    return made
