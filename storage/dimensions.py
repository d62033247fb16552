"""How a set of dimensions is kept: as JSON to read, and as a hash of fixed size for the key."""

import json
from functools import lru_cache
from hashlib import blake2b

from domain.metric import Dimensions

HASH_BYTES = 16


@lru_cache(maxsize=10_000)
def hash_of(dimensions: Dimensions) -> bytes:
    """Give the part of an observation's key that stands for its dimensions."""
    return blake2b(text_of(dimensions).encode(), digest_size=HASH_BYTES).digest()


@lru_cache(maxsize=10_000)
def text_of(dimensions: Dimensions) -> str:
    """Write dimensions as JSON, in the one order that all writers agree on."""
    return json.dumps(sorted(dimensions), ensure_ascii=False, separators=(",", ":"))
