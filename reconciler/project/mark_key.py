"""The secret from which marks are computed; a mark is a text that stands for a masked value.

All commands on one commit have the same secret, and nobody can guess it. It comes from the newest key that
encrypts plans, or else from the lineage of the state: the lineage is random, and is never shown in full where
values are masked. If neither exists, every command has its own random secret.
"""

import hmac
import os
import secrets

from reconciler.encryption import keys_from, secret_for
from reconciler.project.env_file import with_env_file

_PURPOSE = b"marks"
_BYTES = 32


def mark_key(lineage: str | None, commit: str | None) -> bytes:
    """Return the secret from which marks are computed, for a state (by its lineage) and a commit.

    Raises:
        UsageError: a key that encrypts plans is too short.
    """
    keys = keys_from(with_env_file(os.environ))
    if keys:
        secret = secret_for(_PURPOSE, keys[0])
    elif lineage is not None:
        secret = lineage.encode()
    else:
        return secrets.token_bytes(_BYTES)
    return hmac.digest(secret, b"reconciler marks of commit " + (commit or "").encode(), "sha256")
