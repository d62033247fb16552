"""A Singer tap of one stream, the answers in a file: a program, whose text a test installs.

As taps do, it tells its STATE before the SCHEMA, the record at its bookmark twice, and of a record
only the columns that the catalog chooses. It is strict: it tells nothing that wasn't chosen, and
takes neither another key than its own nor a configuration that isn't whole.
"""

# ruff: noqa: T201 -- a tap speaks by printing

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

KEY = "key-of-the-answers"
GUEST = "key-of-a-guest"

Json = Any  # Any: JSON

COLUMNS: Json = {
    "id": {"type": "integer"},
    "at": {"type": "string", "format": "date-time"},
    "who": {"type": "string"},
    "score": {"type": ["null", "string"]},
    "channel": {"type": ["null", "string"]},
}
ENTRY: Json = {
    "tap_stream_id": "shop-answers",
    "stream": "answers",
    "schema": {"type": "object", "properties": COLUMNS},
    "metadata": [
        {
            "breadcrumb": list[str](),
            "metadata": {"table-key-properties": ["id"], "selected": False},
        },
        {"breadcrumb": ["properties", "id"], "metadata": {"inclusion": "automatic"}},
    ],
}


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--catalog", type=Path)
    parser.add_argument("--discover", action="store_true")
    given = parser.parse_args()
    config = json.loads(given.config.read_text(encoding="utf-8"))
    require(config)
    if given.discover:
        print(json.dumps({"streams": [ENTRY]}, indent=2))
        return
    catalog: Json = json.loads(given.catalog.read_text(encoding="utf-8")) if given.catalog else {}
    for entry in catalog.get("streams", []):
        places = {tuple(each["breadcrumb"]): each["metadata"] for each in entry["metadata"]}
        if places[()].get("selected"):
            tell(config, {name for name in COLUMNS if is_chosen(places[("properties", name)])})


def is_chosen(metadata: Mapping[str, Json]) -> bool:
    return metadata.get("inclusion") == "automatic" or metadata["selected"] is True


def require(config: Mapping[str, Json]) -> None:
    missing = [name for name in ("facts", "start_date", "api_key") if name not in config]
    if missing:
        sys.exit(f"CRITICAL Config is missing required keys: {missing}")
    if config["api_key"] == GUEST:
        sys.exit("CRITICAL HTTP-error-code: 403, Error: the key may not read answers")
    if config["api_key"] != KEY:
        sys.exit(f"CRITICAL HTTP-error-code: 401, Error: unknown key {config['api_key']}")


def tell(config: Mapping[str, Json], columns: set[str]) -> None:
    since = datetime.fromisoformat(config["start_date"])
    say(type="STATE", value={"bookmarks": {}})
    say(type="SCHEMA", stream="answers", schema=ENTRY["schema"], key_properties=["id"])
    print("INFO reading the answers", file=sys.stderr)
    last: dict[str, Json] | None = None
    with Path(config["facts"]).open(encoding="utf-8") as facts:
        for line in facts:
            record = json.loads(line)
            if datetime.fromisoformat(record["at"]) < since:
                continue
            last = {name: record[name] for name in columns}
            say(type="RECORD", stream="answers", record=last)
    if last is not None:
        say(type="RECORD", stream="answers", record=last)
    say(type="STATE", value={"bookmarks": {"answers": {"at": "then"}}})


def say(**message: Json) -> None:
    print(json.dumps(message))


if __name__ == "__main__":
    main()
