"""Message-IDs of digests: the same for one digest and recipient for ever, so that mail programs know a second copy for one."""

from datetime import date
from hashlib import sha256

_DIGITS = 20
"""Of the hash: 80 bits, so that no two recipients meet."""


def local_part(name: str, day: date, recipient: str) -> str:
    """Give what stands before the @: `daily.2018-09-02.` and a hash of the address, which nobody else needs to learn."""
    return f"{name}.{day.isoformat()}.{sha256(recipient.strip().lower().encode()).hexdigest()[:_DIGITS]}"
