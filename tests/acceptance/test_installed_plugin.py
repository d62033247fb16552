"""The example plugin and the product's own wheel, installed where nothing of the clone is."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.product import ROOT, environment
from tests.connectors.web_server import a_reply, a_web_server

pytestmark = pytest.mark.slow

CANARY = "canary-of-the-shop"

ATLAS = """
format: journey-atlas/1
organization: {{key: shop, title: The Shop, time_zone: Europe/Oslo}}
connections:
  - key: shop
    title: Shop
    connector: acme-metrics
    settings: {{url: "{url}", token: {{env: SHOP_TOKEN}}, allow_private: true}}
metrics:
  - {{key: MT-ORDERS, title: Orders, unit: COUNT, better: HIGHER, aggregation: SUM,
     sources: [{{connection: shop, metric: orders, grain: DAY}}]}}
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """A fresh environment in a folder, with an atlas of its own."""

    folder: Path

    async def atlas(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run the installed program, which must succeed, outside of the clone."""
        variables = {"ATLAS_CLOCK": "2026-11-22T12:00Z", "SHOP_TOKEN": CANARY, **settings}
        program = [str(self.folder / "env" / "bin" / "atlas"), *arguments]
        done = await asyncio.to_thread(
            run, program, self.folder, environment(self.folder, variables)
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done


def run(
    program: list[str], folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        program,
        cwd=folder,
        env=variables and dict(variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install both wheels without their dependencies, which come from the locked environment."""
    folder = tmp_path_factory.mktemp("installed")
    folder.chmod(0o755)
    for project in (ROOT, ROOT / "examples" / "acme-metrics"):
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        assert run(build, project).returncode == 0
    python = folder / "env" / "bin" / "python"
    run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], folder)
    wheels = [str(wheel) for wheel in folder.glob("*.whl")]
    uv = shutil.which("uv", path=f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert uv, "dev.py puts uv into .tools"
    install = [uv, "pip", "install", "--offline", "--no-deps", "--python", str(python), *wheels]
    done = run(install, folder)
    assert done.returncode == 0, done.stderr
    [packages] = (folder / "env").glob("lib/*/site-packages")
    (packages / "locked.pth").write_text(sysconfig.get_path("purelib"))
    return Installed(folder)


async def test_its_connector_is_listed_with_the_package_it_comes_from(installed: Installed) -> None:
    listed = json.loads((await installed.atlas("connectors", "--json")).stdout)

    origins = {each["key"]: each["origin"] for each in listed["connectors"]}
    assert origins["acme-metrics"] == "package acme-metrics 0.1.0"
    assert listed["quarantined"] == []


async def test_a_value_is_pulled_and_the_trace_tells_how_without_the_secret(
    installed: Installed,
) -> None:
    orders = a_reply('{"days": {"2026-10-24": 41}}', Content_Type="application/json")
    async with a_web_server({"/v1/orders": orders}) as web:
        file = installed.folder / "shop.yaml"
        file.write_text(ATLAS.format(url=web.url))
        await installed.atlas("import", str(file))

        synced = await installed.atlas("sync", "--json", "--trace", "--since", "2026-10-01")

    [source] = json.loads(synced.stdout)["sources"]
    assert (source["metric"], source["state"], source["new"]) == ("MT-ORDERS", "OK", 1)
    assert f"Authorization: Bearer {CANARY}" in web.heads[0]
    asked = f"shop  GET {web.url}/v1/orders?since=2026-10-01&until=2026-11-22&zone=Europe%2FOslo"
    assert f"{asked}: 200 in " in synced.stderr
    assert CANARY not in synced.stdout + synced.stderr


async def test_an_installed_product_begins_a_connector_too(installed: Installed) -> None:
    said = (await installed.atlas("connector", "new", "survey-tool", "--http")).stdout

    assert said.startswith("survey-tool holds a connector that works")
    assert (installed.folder / "survey-tool" / "survey_tool.py").is_file()
