"""PostgreSQL without an installation: a server of our own, shared by all who use one home.

lease       `acquire` and `Lease`: start with the first user, stop with the last
databases   make, copy and drop databases (apart, because it needs SQLAlchemy)
server      start, wait, stop
processes   what runs right now
cluster     the data folder and its version
folders     which folders there are
accounts    as whom PostgreSQL runs when root calls
lending     what root copies for that account
binaries    where PostgreSQL's programs come from
locks       who uses the server
"""

from storage.embedded.lease import Lease, acquire

__all__ = ["Lease", "acquire"]
