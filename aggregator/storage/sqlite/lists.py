"""Subscription lists that feeds.yaml includes: the last good copy of each, and when it is asked for again."""

from collections.abc import Collection

from aggregator.model.feed import Validators
from aggregator.model.subscription_list import KeptList
from aggregator.storage.sqlite.session import Session, many, moment, seconds

LISTS = (
    """
    CREATE TABLE lists (
        url TEXT NOT NULL PRIMARY KEY,
        body BLOB,
        content_type TEXT NOT NULL DEFAULT '',
        etag TEXT,
        last_modified TEXT,
        validators_url TEXT,
        fetched_at INTEGER,
        failures INTEGER NOT NULL DEFAULT 0,
        next_at INTEGER,
        message TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID
    """,
)
"""As step 0015 makes it."""

_SAVE = """
    INSERT OR REPLACE INTO lists
        (url, body, content_type, etag, last_modified, validators_url, fetched_at, failures, next_at, message)
    VALUES (:url, :body, :content_type, :etag, :last_modified, :validators_url, :fetched_at, :failures, :next_at, :message)
"""


class SqliteLists:
    """`source_records.ListRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, url: str) -> KeptList:
        """Give what is known of a list."""
        row = self._session.row("SELECT * FROM lists WHERE url = :url", url=url)
        if row is None:
            return KeptList(url=url)
        return KeptList(
            url=url,
            body=row["body"],
            content_type=row["content_type"],
            validators=Validators(etag=row["etag"], last_modified=row["last_modified"], url=row["validators_url"]),
            fetched_at=moment(row["fetched_at"]),
            failures=row["failures"],
            next_at=moment(row["next_at"]),
            message=row["message"],
        )

    def save(self, kept: KeptList) -> None:
        """Keep what is known now."""
        self._session.run(
            _SAVE,
            url=kept.url,
            body=kept.body,
            content_type=kept.content_type,
            etag=kept.validators.etag,
            last_modified=kept.validators.last_modified,
            validators_url=kept.validators.url,
            fetched_at=seconds(kept.fetched_at),
            failures=kept.failures,
            next_at=seconds(kept.next_at),
            message=kept.message,
        )

    def retain(self, urls: Collection[str]) -> None:
        """Forget all lists but these."""
        self._session.run("DELETE FROM lists WHERE url NOT IN (SELECT value FROM json_each(:urls))", urls=many(urls))
