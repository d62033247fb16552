"""A process that uses an embedded server: it says what it got, waits for a line, and releases."""

import json
import os
import pwd
import sys
from pathlib import Path

from storage.embedded import acquire
from storage.embedded.accounts import Account
from storage.embedded.binaries import find_binaries
from storage.embedded.lending import runnable_by

SETTINGS = {"fsync": "off"}


def main(home: Path, shelter: Path, account: str) -> None:
    """Acquire the server of `home`, as `account` if one is named."""
    programs = become(account, shelter) if account else None
    lease = acquire(home, pg_bin=programs, settings=SETTINGS, shelter=shelter)
    say({"server": lease.pid, "url": lease.url("postgres")})
    sys.stdin.readline()
    say({"was_last": lease.release()})


def become(name: str, shelter: Path) -> Path:
    """Stop being root; give PostgreSQL's programs, copied if the account can't reach them."""
    entry = pwd.getpwnam(name)
    account = Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, is_lent=True)
    programs = runnable_by(account, find_binaries(), shelter=shelter).folder
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    return programs


def say(words: dict[str, object]) -> None:
    """Write one line of JSON."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
