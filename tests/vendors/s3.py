"""An S3 that checks signatures and rights: moto's server on the loopback."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import httpx
from botocore.session import get_session
from moto.moto_server.threaded_moto_server import (  # pyright: ignore[reportMissingTypeStubs]  # it has none
    ThreadedMotoServer,
)

REGION: Final = "eu-north-1"
READS: Final = ("s3:GetObject", "s3:ListBucket")


@dataclass(frozen=True, slots=True)
class Key:
    """A user's access key."""

    id: str
    secret: str


@dataclass(slots=True, kw_only=True)
class Store:
    """The store: who may read, who may do nothing, and a client that may do everything."""

    url: str
    reader: Key
    stranger: Key
    owner: Any  # Any: botocore makes its clients' methods up
    _numbers: Iterator[int] = field(default_factory=count)

    def new_bucket(self) -> str:
        """Make an empty bucket and give its name."""
        name = f"bucket-{next(self._numbers)}"
        place = {"LocationConstraint": REGION}
        self.owner.create_bucket(Bucket=name, CreateBucketConfiguration=place)
        return name

    def put(self, bucket: str, key: str, body: str | bytes) -> None:
        """Write an object."""
        self.owner.put_object(Bucket=bucket, Key=key, Body=body)


@contextmanager
def a_store() -> Generator[Store]:
    """Start the server; from then on it checks every request's signature and rights."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        iam = _client("iam", url, Key("first", "first"))
        owner, reader = _user(iam, "owner", ("s3:*",)), _user(iam, "reader", READS)
        stranger = _user(iam, "stranger", ())
        httpx.post(f"{url}/moto-api/reset-auth", content=b"0").raise_for_status()
        yield Store(url=url, reader=reader, stranger=stranger, owner=_client("s3", url, owner))
    finally:
        server.stop()


def _user(iam: Any, name: str, actions: tuple[str, ...]) -> Key:  # noqa: ANN401 -- the same
    iam.create_user(UserName=name)
    if actions:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"])


def _client(service: str, url: str, key: Key) -> Any:  # noqa: ANN401 -- the same
    return get_session().create_client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
    )
