"""`atlas db upgrade`: the database's schema, brought to this version."""

from rich.console import Console

from api.cli.output import bars, show
from api.database import upgrade_database as upgrade
from api.settings import Settings


async def upgrade_database(settings: Settings, *, as_json: bool) -> int:
    """Run the missing migrations and say what was done."""
    with bars() as progress:
        # One transaction holds all migrations, so that there is no part that is done.
        progress.add_task("Schema", total=None, said="bringing it to this version")
        before, after = await upgrade(settings)
    data = {"before": list(before), "after": list(after), "changed": before != after}

    def tell(console: Console) -> None:
        done = f"brought from {', '.join(before) or 'nothing'} to" if data["changed"] else "is at"
        console.print(f"The database {done} {', '.join(after)}.")

    show(data, as_json=as_json, people=tell)
    return 0
