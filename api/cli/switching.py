"""`atlas connector off` and `on`: whether sources are asked through a connector at all."""

from rich.console import Console

from api.app import open_product
from api.cli.output import show
from api.errors import CommandError
from api.settings import Settings


async def switch_off(settings: Settings, key: str, reason: str, *, as_json: bool) -> int:
    """Have nothing asked through a connector any more, in any process."""
    async with open_product(settings) as product:
        if key not in product.registry.connectors:
            there = ", ".join(product.registry.connectors)
            message = f"There is no connector {key!r}; there are: {there}."
            raise CommandError(message)
        await product.kept.switches.switch_off(key, reason, now=product.now())
    return _tell(key, "off", as_json=as_json)


async def switch_on(settings: Settings, key: str, *, as_json: bool) -> int:
    """Have sources asked through a connector again."""
    async with open_product(settings) as product:
        if not await product.kept.switches.switch_on(key):
            message = f"The connector {key!r} isn't switched off."
            raise CommandError(message)
    return _tell(key, "on", as_json=as_json)


def _tell(key: str, state: str, *, as_json: bool) -> int:
    def people(console: Console) -> None:
        console.print(f"The connector {key} is {state}.")

    show({"connector": key, "state": state}, as_json=as_json, people=people)
    return 0
