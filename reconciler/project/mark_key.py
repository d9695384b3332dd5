"""The key of marks, which stand for masked values: the same in all commands of one commit, and not guessable.

It is computed from the newest key of plans, or else from the lineage of the state, which is random and never
shown in full where values are masked. Without both, every command has its own random key.
"""

import hmac
import os
import secrets

from reconciler.encryption import keys_from, secret_for
from reconciler.project.env_file import with_env_file

_PURPOSE = b"marks"
_BYTES = 32


def mark_key(lineage: str | None, commit: str | None) -> bytes:
    """Return the key of marks for a state (by its lineage) and a commit.

    Raises:
        UsageError: a key of plans is too short.
    """
    keys = keys_from(with_env_file(os.environ))
    if keys:
        secret = secret_for(_PURPOSE, keys[0])
    elif lineage is not None:
        secret = lineage.encode()
    else:
        return secrets.token_bytes(_BYTES)
    return hmac.digest(secret, b"reconciler marks of commit " + (commit or "").encode(), "sha256")
