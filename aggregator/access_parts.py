"""Put together who may read the site. Used where pages are served."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from aggregator.config import secret
from aggregator.config.access import Mode
from aggregator.config.model import Configuration
from aggregator.storage.files.session_secret import FileSecret
from aggregator.text.passwords import SALT, hashed
from aggregator.web.attempts import Password
from aggregator.web.buckets import Buckets
from aggregator.web.guard import Guard
from aggregator.web.sessions import Sessions

_MINUTE = timedelta(minutes=1)


def guard(configuration: Configuration, database: Path) -> Guard:
    """Make what decides who may read; its secret is in a folder beside the database.

    Raises:
        UserError: the password can't be found, or the secret can't be kept.
    """
    access = configuration.access
    shared = Guard(
        mode=access.mode,
        secure=configuration.site.url.startswith("https:"),
        feed_token=access.token,
        user_header=access.user_header,
        trusted=access.trusted_proxies,
        searches=Buckets(access.searches, _MINUTE) if access.searches else None,
        images=Buckets(access.images, _MINUTE) if access.images else None,
    )
    if access.mode is not Mode.PASSWORD:
        return shared
    kept = FileSecret(database.with_name(f"{database.name}-access") / "key")
    given = secret.password(access, section="access")
    password = access.password_hash.get_secret_value() if access.password_hash else _hash(given, kept.current())
    return replace(
        shared,
        password=Password(password),
        # The hash of a password that stands elsewhere is made anew, with another salt, after sessions were ended.
        sessions=Sessions(kept, password=given or password, lasting=access.session),
    )


def _hash(password: str, key: bytes) -> str:
    return hashed(password, salt=sha256(b"salt of the password\0" + key).digest()[:SALT])
