"""`atlas secrets rotate`: stored secrets, sealed with another key."""

from rich.console import Console

from api.app import open_product
from api.cli.output import show
from api.secret_keys import own_key_file
from api.settings import Settings
from ingest.resealing import Resealed, reseal


async def rotate(settings: Settings, *, demo: bool, as_json: bool) -> int:
    """Seal all secrets anew and say what was done; exit code 1 where some can't be opened.

    A key of our own is replaced by a new one, and dropped when nothing needs it any more.
    """
    own = own_key_file(settings, demo=demo)
    if own is not None:
        own.add()
    async with open_product(settings, of_demo=demo) as product:
        safe = product.safe
        done = await reseal(safe.store, safe.sealer)
        done += await reseal(safe.renewed, safe.vaults.sealer)
    if own is not None and not done.closed:
        own.keep_first()
    data = {"sealedAnew": done.anew, "already": done.already, "closed": len(done.closed)}
    show(data, as_json=as_json, people=lambda console: _print(console, done))
    return 1 if done.closed else 0


def _print(console: Console, done: Resealed) -> None:
    console.print(f"Sealed anew: {done.anew}, already by the first key: {done.already}.")
    for secret in done.closed:
        console.print(f"No key here opens {secret.name!r} of the connection {secret.connection}.")
