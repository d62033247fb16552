"""Connections are made, changed and put away; their secrets go in and never come out."""

import pytest

from domain.source import Connection
from ingest.sealing import Sealer
from tests.api.asking import Api, Json
from tests.builders import NOW, a_connection
from tests.operating.world import (
    CANARY,
    CREATE,
    UPDATE,
    World,
    a_connection_of,
    a_world,
    an_api_of,
    done,
    refused,
    told,
)

ARCHIVE = """
mutation ($input: ArchiveConnectionInput!) {
  archiveConnection(input: $input) { connection { ...All } ...Told }
}
"""
RESTORE = """
mutation ($input: RestoreConnectionInput!) {
  restoreConnection(input: $input) { connection { ...All } ...Told }
}
"""
URL = {"url": "https://surveys.test"}


def secret(name: str, **source: Json) -> Json:
    return {"name": name, "source": source}


@pytest.fixture
def world() -> World:
    return a_world()[0]


@pytest.fixture
def api(world: World) -> Api:
    return an_api_of(world)


async def test_a_connection_is_made_and_shown_without_its_secret(world: World, api: Api) -> None:
    payload = await done(
        api,
        CREATE,
        connector="surveys",
        title="Our surveys",
        description="Twice a year.",
        settings=URL,
        secrets=[secret("token", value=CANARY)],
    )

    assert payload["revision"] == 2
    connection = payload["connection"]
    assert connection.pop("id")
    assert connection == {
        "key": "our-surveys",
        "title": "Our surveys",
        "description": "Twice a year.",
        "version": 1,
        "archivedAt": None,
        "connectorKey": "surveys",
        "settings": URL,
        "state": "NEVER_SYNCED",
        "secrets": [
            {
                "name": "token",
                "isSet": True,
                "kind": "STORED",
                "reference": None,
                "changedAt": NOW.isoformat(),
            },
            {"name": "spare", "isSet": False, "kind": None, "reference": None, "changedAt": None},
        ],
    }
    [sealed] = world.atlases.applied[0].sealed
    assert world.sealer.open(world.atlas.organization.id, sealed) == CANARY
    assert CANARY not in repr(world.atlases.applied)


async def test_keys_are_made_from_titles_until_one_is_free(api: Api) -> None:
    first, second = await a_connection_of(api), await a_connection_of(api)

    assert (first["key"], second["key"]) == ("our-surveys", "our-surveys-2")


async def test_a_connection_may_have_a_key_and_an_id_of_the_clients_making(
    world: World, api: Api
) -> None:
    mine = "01934f3e-0000-7000-8000-000000000001"

    await a_connection_of(api, key="SURVEYS", newId=mine)
    again = await refused(
        api,
        CREATE,
        connector="surveys",
        title="t",
        settings=URL,
        secrets=[secret("token", value="x")],
        newId=mine,
    )

    assert world.atlas.by_key["SURVEYS"] == mine
    assert again == [("CONFLICT", ["newId"])]


NEW = {"connector": "surveys", "title": "t", "settings": URL}
TOKEN = [secret("token", value="x")]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        pytest.param(
            {"connector": "survyes"}, [("INVALID_RECORD", ["connector"])], id="no such connector"
        ),
        pytest.param({"title": " "}, [("INVALID_RECORD", ["title"])], id="a blank title"),
        pytest.param({"title": "a\0b"}, [("INVALID_RECORD", ["title"])], id="NUL"),
        pytest.param(
            {"settings": {"url": "a\0b"}},
            [("INVALID_RECORD", ["settings", "url"])],
            id="NUL inside",
        ),
        pytest.param({"key": "k" * 201}, [("INVALID_RECORD", ["key"])], id="a long key"),
        pytest.param({"key": "a\nb"}, [("INVALID_RECORD", ["key"])], id="a key of two lines"),
        pytest.param({"key": "MT-TRUST"}, [("CONFLICT", ["key"])], id="a key that is taken"),
        pytest.param({"newId": "7"}, [("INVALID_RECORD", ["newId"])], id="an id that is none"),
        pytest.param({"settings": [1]}, [("INVALID_RECORD", ["settings"])], id="no object"),
        pytest.param(
            {"settings": {"page_size": "many", "colour": 1}},
            [
                ("INVALID_RECORD", ["settings", "url"]),
                ("INVALID_RECORD", ["settings", "page_size"]),
                ("INVALID_RECORD", ["settings", "colour"]),
            ],
            id="settings that don't fit, all at once",
        ),
        pytest.param(
            {"settings": {**URL, "token": CANARY}},
            [("INVALID_RECORD", ["settings", "token"])],
            id="a secret among the settings",
        ),
        pytest.param(
            {"secrets": []}, [("INVALID_RECORD", ["secrets", "token"])], id="a missing secret"
        ),
        pytest.param(
            {"secrets": [*TOKEN, secret("key", value="x")]},
            [("INVALID_RECORD", ["secrets", "key"])],
            id="no such secret",
        ),
        pytest.param(
            {"secrets": [*TOKEN, *TOKEN]},
            [("INVALID_RECORD", ["secrets", "token"])],
            id="a secret twice",
        ),
        pytest.param(
            {"secrets": [secret("token", value=" ")]},
            [("INVALID_RECORD", ["secrets", "token", "value"])],
            id="a blank secret",
        ),
        pytest.param(
            {"secrets": [secret("token", value="s" * 65_537)]},
            [("INVALID_RECORD", ["secrets", "token", "value"])],
            id="a secret of a book's length",
        ),
        pytest.param(
            {"secrets": [*TOKEN, secret("spare", remove=False)]},
            [("INVALID_RECORD", ["secrets", "spare", "remove"])],
            id="not removed",
        ),
        pytest.param(
            {"secrets": [secret("token", env="DATABASE_PASSWORD")]},
            [("INVALID_RECORD", ["secrets", "token", "env"])],
            id="a variable that may not be named",
        ),
    ],
)
async def test_what_can_not_be_made_is_told_with_its_place(
    world: World, api: Api, given: Json, errors: Json
) -> None:
    assert await refused(api, CREATE, **{**NEW, "secrets": TOKEN, **given}) == errors
    assert world.atlases.applied == []


async def test_what_would_do_is_named(api: Api) -> None:
    payload = await told(api, CREATE, **{**NEW, "connector": "survyes"})
    [error] = payload["userErrors"]

    assert error["legal"] == ["inbox", "surveys"]
    assert payload["connection"] is None


async def test_without_a_key_no_secret_is_stored(world: World) -> None:
    world.sealer = Sealer(list)

    assert await refused(an_api_of(world), CREATE, **NEW, secrets=TOKEN) == [
        ("NO_SECRET_KEY", ["secrets", "token"])
    ]


async def test_references_are_shown_by_name_and_need_no_key(world: World) -> None:
    world.sealer = Sealer(list)

    made = await a_connection_of(
        an_api_of(world),
        secrets=[secret("token", env="CRM_TOKEN"), secret("spare", file="spare")],
    )

    assert [(s["isSet"], s["kind"], s["reference"]) for s in made["secrets"]] == [
        (True, "ENVIRONMENT", "CRM_TOKEN"),
        (False, "FILE", "spare"),
    ]
    assert made["settings"] == URL
    assert stored(world).settings["token"] == {"env": "CRM_TOKEN"}


async def test_only_what_is_given_changes(world: World, api: Api) -> None:
    made = await a_connection_of(api, description="d")

    changed = (await done(api, UPDATE, id=made["id"], version=1, title="Surveys"))["connection"]

    assert changed == {**made, "title": "Surveys", "version": 2}
    assert world.atlases.applied[-1].sealed == []


async def test_settings_are_replaced_and_secrets_stay(world: World, api: Api) -> None:
    made = await a_connection_of(
        api, secrets=[secret("token", value=CANARY), secret("spare", env="CRM_TOKEN")]
    )

    settings = {**URL, "page_size": 10}
    changed = await done(api, UPDATE, id=made["id"], version=1, settings=settings, description=None)

    assert changed["connection"] == {**made, "settings": settings, "version": 2}
    assert len(await world.of_connection(world.atlas.organization.id, stored(world).id)) == 1


def stored(world: World) -> Connection:
    return world.atlas.get(world.atlas.by_key["our-surveys"], Connection)


async def test_a_stored_secret_gives_way_to_a_reference_and_back(world: World, api: Api) -> None:
    made = await a_connection_of(api)

    by_name = await done(
        api, UPDATE, id=made["id"], version=1, secrets=[secret("token", env="CRM_TOKEN")]
    )
    gone = await world.of_connection(world.atlas.organization.id, stored(world).id)
    by_value = await done(
        api, UPDATE, id=made["id"], version=2, secrets=[secret("token", value="new")]
    )

    assert gone == []
    kinds = [p["connection"]["secrets"][0]["kind"] for p in (by_name, by_value)]
    assert kinds == ["ENVIRONMENT", "STORED"]
    assert "token" not in stored(world).settings


async def test_a_secret_that_is_needed_can_not_be_removed_and_another_can(api: Api) -> None:
    made = await a_connection_of(
        api, secrets=[secret("token", value=CANARY), secret("spare", value=CANARY)]
    )
    of = {"id": made["id"], "version": 1}

    needed = await refused(api, UPDATE, **of, secrets=[secret("token", remove=True)])
    spare = await done(api, UPDATE, **of, secrets=[secret("spare", remove=True)])

    assert needed == [("INVALID_RECORD", ["secrets", "token"])]
    assert spare["connection"]["secrets"][1]["isSet"] is False


async def test_secrets_are_not_sent_elsewhere_without_being_given_anew(
    world: World, api: Api
) -> None:
    made = await a_connection_of(api)
    elsewhere = {"id": made["id"], "version": 1, "settings": {"url": "https://thief.test"}}

    payload = await told(api, UPDATE, **elsewhere)
    anew = await done(api, UPDATE, **elsewhere, secrets=[secret("token", value="mine")])

    [error] = payload["userErrors"]
    assert (error["code"], error["path"], error["legal"]) == (
        "SECRETS_NEEDED",
        ["secrets"],
        ["token"],
    )
    assert anew["connection"]["settings"] == {"url": "https://thief.test"}
    [sealed] = await world.of_connection(world.atlas.organization.id, stored(world).id)
    assert world.sealer.open(world.atlas.organization.id, sealed) == "mine"


async def test_a_stale_version_is_refused_with_the_connection_as_it_is(api: Api) -> None:
    made = await a_connection_of(api)
    await done(api, UPDATE, id=made["id"], version=1, title="Mine")

    for document in (UPDATE, ARCHIVE, RESTORE):
        payload = await told(api, document, id=made["id"], version=1)

        [error] = payload["userErrors"]
        assert (error["code"], error["path"]) == ("STALE_VERSION", ["version"])
        assert (payload["connection"]["title"], payload["connection"]["version"]) == ("Mine", 2)


@pytest.mark.parametrize("field", ["title", "key", "settings"])
async def test_null_takes_nothing_away_that_is_needed(api: Api, field: str) -> None:
    made = await a_connection_of(api)

    errors = await refused(api, UPDATE, id=made["id"], version=1, **{field: None})

    assert errors == [("INVALID_RECORD", [field])]


@pytest.mark.parametrize(
    "document", [UPDATE, ARCHIVE, RESTORE], ids=["update", "archive", "restore"]
)
@pytest.mark.parametrize("wrong", ["nothing", "a metric", "of another organization"])
async def test_an_id_that_leads_nowhere_is_told(api: Api, document: str, wrong: str) -> None:
    made = await a_connection_of(api)
    metric = (await api.ask('{ atlas { metric(key: "MT-TRUST") { id } } }'))["atlas"]["metric"]
    ids = {
        "nothing": "7",
        "a metric": metric["id"],
        "of another organization": made["id"][:-8] + "AAAAAAAA",
    }

    payload = await told(api, document, id=ids[wrong], version=1)

    assert [(e["code"], e["path"]) for e in payload["userErrors"]] == [("NOT_FOUND", ["id"])]
    assert payload["connection"] is None


async def test_an_archived_connection_is_hidden_until_it_is_restored(api: Api) -> None:
    made = await a_connection_of(api)
    listed = "{ atlas { connections { nodes { key } } } }"

    away = await done(api, ARCHIVE, id=made["id"], version=1)
    hidden = await api.ask(listed)
    changed = await refused(api, UPDATE, id=made["id"], version=2, title="t")
    again = await done(api, ARCHIVE, id=made["id"], version=2)
    back = await done(api, RESTORE, id=made["id"], version=2)

    assert away["connection"]["archivedAt"] == NOW.isoformat()
    assert hidden["atlas"]["connections"]["nodes"] == [{"key": "csv"}]
    assert changed == [("ARCHIVED", ["id"])]
    assert again["connection"] == away["connection"]
    assert back["connection"] == {**made, "version": 3}


async def test_settings_of_a_connector_that_is_not_installed_are_not_shown() -> None:
    plain = a_connection("old", connector="gone", settings={"password": CANARY})
    _, api = a_world(plain)

    data = await api.ask(
        '{ atlas { connection(key: "old") { settings connector { key } secrets { name } } } }'
    )

    hidden: Json = {"settings": None, "connector": None, "secrets": []}
    assert data["atlas"]["connection"] == hidden


async def test_a_server_that_only_reads_says_so(world: World) -> None:
    api = an_api_of(world, writing=None)

    response = await api.post(CREATE.split("{ connection")[0] + "{ revision } }", input={**NEW})

    assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert response.json()["data"] == {"createConnection": None}


async def test_several_mutations_of_one_document_follow_one_another(api: Api) -> None:
    data = await api.ask(
        """
        mutation ($a: CreateConnectionInput!, $b: CreateConnectionInput!) {
          first: createConnection(input: $a) { revision connection { key } }
          second: createConnection(input: $b) { revision connection { key } }
        }
        """,
        a={**NEW, "secrets": TOKEN},
        b={**NEW, "secrets": TOKEN},
    )

    assert data == {
        "first": {"revision": 2, "connection": {"key": "t"}},
        "second": {"revision": 3, "connection": {"key": "t-2"}},
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_get_never_mutates(world: World, api: Api, method: str) -> None:
    document = (
        'mutation { createConnection(input: {connector: "surveys", title: "t"}) { revision } }'
    )

    response = await api.client.request(method, "/graphql", params={"query": document})

    assert response.status_code == 405
    assert world.atlases.applied == []
