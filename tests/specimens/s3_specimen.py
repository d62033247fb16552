"""A bucket with a CSV file, in a store that checks signatures and rights."""

import re
from typing import Final

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connectors.s3 import S3
from journey_atlas_sdk import AccessDenied, Grain
from journey_atlas_sdk.conformance import App, Golden, Known, Refused, Specimen, World
from tests.specimens.written import table

KEYS: Final = {"AKIAREADER": "reader/secret/7c1f", "AKIASTRANGER": "stranger/secret/7c1f"}
REGION: Final = "eu-north-1"
LISTING: Final = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>
<Contents><Key>atlas/notes%2Btrust.txt</Key></Contents>
<Contents><Key>atlas/trust.csv</Key></Contents></ListBucketResult>"""
SIGNED: Final = re.compile(
    r"Credential=(?P<id>\w+)/.*SignedHeaders=(?P<headers>[\w;-]+), Signature="
)


def store(world: World) -> App:
    """Serve the facts as atlas/trust.csv in the bucket `exports`."""

    async def listing(request: Request) -> Response:
        return refusal(request) or Response(LISTING, media_type="application/xml")

    async def trust(request: Request) -> Response:
        return refusal(request) or PlainTextResponse(table(world.facts), media_type="text/csv")

    return Starlette(
        routes=[Route("/exports", listing), Route("/exports/atlas/trust.csv", trust)],
    )


def refusal(request: Request) -> Response | None:
    """Refuse whose signature isn't right, and who may not read."""
    written = request.headers.get("Authorization", "")
    found = SIGNED.search(written)
    if found is None or found["id"] not in KEYS:
        return refused("InvalidAccessKeyId")
    if not written.endswith(signature(request, found["id"], found["headers"].split(";"))):
        return refused("SignatureDoesNotMatch")
    return None if found["id"] == "AKIAREADER" else refused("AccessDenied")


def signature(request: Request, key: str, names: list[str]) -> str:
    """Sign the same request at the same moment."""
    headers = {name: request.headers[name] for name in names}
    again = AWSRequest(method=request.method, url=str(request.url), headers=headers)
    again.context["timestamp"] = request.headers["x-amz-date"]
    signer = S3SigV4Auth(Credentials(key, KEYS[key]), "s3", REGION)
    text = signer.string_to_sign(again, signer.canonical_request(again))
    return signer.signature(text, again)


def refused(code: str) -> Response:
    body = f"<Error><Code>{code}</Code><Message>No.</Message></Error>"
    return Response(body, 403, media_type="application/xml")


specimen = Specimen(
    connector=S3,
    golden=Golden(
        metric="trust",
        grain=Grain.MONTH,
        known=(
            Known("2026-08-01", "64.0", sample_size=1190),
            Known("2026-09-01", "65.1", sample_size=1204),
            Known("2026-10-01", "66.4", sample_size=1180),
        ),
    ),
    source=store,
    settings={
        "bucket": "exports",
        "prefix": "atlas/",
        "endpoint": "https://store.example",
        "region": REGION,
        "access_key_id": "AKIAREADER",
        "secret_access_key": KEYS["AKIAREADER"],
    },
    dimensions={"channel": ("app", "branch")},
    narrow=Refused(
        {"access_key_id": "AKIASTRANGER", "secret_access_key": KEYS["AKIASTRANGER"]}, AccessDenied
    ),
    refusal="<Error><Code>InternalError</Code></Error>",
)
