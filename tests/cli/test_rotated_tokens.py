"""A source takes each refresh token once: a process goes on with what the one before it got."""

import json
from pathlib import Path
from typing import Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.cli.importing import import_file
from api.cli.rotating import rotate
from api.cli.syncing import SyncTask, sync
from api.settings import Settings, read_settings
from ingest.sealing import new_key
from tests.hosting.lent import ADDRESS
from tests.hosting.login import TOKENS, Login
from tests.vendors.serving import served

CONNECTOR: Final = """
from collections.abc import AsyncIterator
from decimal import Decimal

from journey_atlas_sdk import (
    Connector, ConnectorInfo, Context, Grain, MetricSpec, Observation, PullRequest, Secret,
    Settings, hookimpl,
)
from journey_atlas_sdk.oauth import Client, RefreshToken
from journey_atlas_sdk.settings import AllowPrivate


class ShopSettings(Settings):
    url: str
    refresh_token: Secret
    allow_private: AllowPrivate = True


class Shop(Connector[ShopSettings]):
    info = ConnectorInfo(
        key="shop",
        title="Shop",
        version="1",
        settings=ShopSettings,
        metrics=(MetricSpec(key="sales", title="Sales", grains=frozenset({Grain.MONTH})),),
    )

    async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
        url, client = self.settings.url, Client("app", "s3cret")
        auth = RefreshToken(
            context, token_url=f"{url}/token", client=client, setting="refresh_token"
        )
        await context.http.get(f"{url}/sales", auth=auth)
        for period in request.periods(context.now()):
            yield request.observation(period, Decimal(7))


@hookimpl
def atlas_connectors() -> list[type[Shop]]:
    return [Shop]
"""
ATLAS: Final = """\
format: journey-atlas/1
organization: {{key: acme, title: Acme, time_zone: UTC, currency: EUR}}
connections:
  - {{key: shop, title: Shop, connector: shop,
     settings: {{url: "{url}", refresh_token: {{env: SHOP_TOKEN}}}}}}
metrics:
  - {{key: MT-1, title: Sales, unit: NUMBER, better: HIGHER, aggregation: SUM, cadence: MONTH,
     sources: [{{connection: shop, metric: sales, grain: MONTH}}]}}
"""
EVERYTHING = SyncTask(connections=(), since="2026-01-01", demo=False)


def over_http(login: Login) -> Starlette:
    """Serve a login as an app: its tokens at /token, its answers everywhere else."""

    async def answer(request: Request) -> Response:
        url = TOKENS if request.url.path == "/token" else ADDRESS
        given = httpx.Request(
            request.method, url, headers=request.headers.raw, content=await request.body()
        )
        told = login(given)
        return Response(told.content, told.status_code, media_type="application/json")

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


async def test_what_one_process_got_another_one_goes_on_with_and_a_third_one_seals_anew(
    tmp_path: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each command opens a product of its own, as a process does."""
    login, old, new = Login(rotates=True), new_key(), new_key()
    monkeypatch.setenv("SHOP_TOKEN", "first")
    (tmp_path / "shop.py").write_text(CONNECTOR)

    def under(keys: str) -> Settings:
        given = {"ATLAS_PLUGINS_DIR": str(tmp_path), "ATLAS_SECRET_KEY": keys}
        return read_settings({**given, "DATABASE_URL": database_url})

    async with served(over_http(login)) as url:
        (tmp_path / "acme.yaml").write_text(ATLAS.format(url=url))
        await import_file(under(old), tmp_path / "acme.yaml", dry_run=False, as_json=True)
        for keys in (old, old):
            assert await sync(under(keys), EVERYTHING, as_json=True) == 0
        capsys.readouterr()
        await rotate(under(f"{new},{old}"), demo=False, as_json=True)
        rotated = json.loads(capsys.readouterr().out)
        assert await sync(under(new), EVERYTHING, as_json=True) == 0

    assert login.exchanged == ["first", "next1", "next2"]
    assert rotated == {"sealedAnew": 1, "already": 0, "closed": 0}
