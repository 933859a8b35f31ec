"""How the tables came to be, step by step; schema.sql shows where the steps lead.

Steps are only ever added: what has run on someone's database can't be changed. They import nothing of this program, because
what they would import changes. Each is named in the database once it has run (sqlite-utils' `Migrations`).
"""

from contextlib import closing
from pathlib import Path

from sqlite_utils import Database, Migrations

from aggregator.errors import DatabaseUnusable
from aggregator.storage.sqlite import connect, search_index
from aggregator.storage.sqlite.session import Session

MIGRATIONS = Migrations("aggregator")


@MIGRATIONS(name="0001_entries_and_feeds")
def _entries_and_feeds(db: Database) -> None:
    for statement in _ENTRIES_AND_FEEDS:
        db.execute(statement)


_ENTRIES_AND_FEEDS = (
    """
    CREATE TABLE feeds (
        id TEXT NOT NULL PRIMARY KEY,
        configured INTEGER NOT NULL,
        position INTEGER NOT NULL,
        url TEXT NOT NULL,
        host TEXT NOT NULL,
        title TEXT NOT NULL,
        publisher TEXT NOT NULL,
        category TEXT NOT NULL,
        tags TEXT,
        language TEXT,
        interval INTEGER NOT NULL,
        allow_private_address INTEGER NOT NULL,
        document_title TEXT NOT NULL DEFAULT '',
        home_url TEXT,
        etag TEXT,
        last_modified TEXT,
        validators_url TEXT,
        body_hash TEXT,
        hints TEXT,
        last_polled_at INTEGER,
        last_success_at INTEGER,
        last_outcome TEXT,
        last_message TEXT NOT NULL DEFAULT '',
        failures INTEGER NOT NULL DEFAULT 0,
        next_poll_at INTEGER,
        next_poll_reason TEXT NOT NULL DEFAULT '',
        blocked_until INTEGER,
        gone INTEGER NOT NULL DEFAULT 0,
        lease_token INTEGER NOT NULL DEFAULT 0,
        lease_until INTEGER,
        entry_count INTEGER NOT NULL DEFAULT 0,
        copy_count INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    """
    CREATE INDEX feeds_due ON feeds (coalesce(next_poll_at, -1), position) WHERE configured = 1 AND gone = 0
    """,
    """
    CREATE INDEX feeds_configured ON feeds (position) WHERE configured = 1
    """,
    """
    CREATE INDEX feeds_leased ON feeds (lease_until, host) WHERE lease_until IS NOT NULL
    """,
    """
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        feed_id TEXT NOT NULL REFERENCES feeds (id),
        guid TEXT,
        url TEXT,
        headline TEXT NOT NULL,
        teaser TEXT NOT NULL,
        author TEXT,
        published_at INTEGER,
        updated_at INTEGER,
        language TEXT,
        image_url TEXT,
        comments_url TEXT,
        tags TEXT,
        source TEXT,
        enclosures TEXT,
        byline TEXT,
        url_key TEXT,
        headline_key TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        first_seen_at INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        listed_at INTEGER NOT NULL,
        category TEXT NOT NULL,
        shown INTEGER NOT NULL,
        fronts INTEGER NOT NULL,
        grouped INTEGER NOT NULL DEFAULT 0,
        copy_set INTEGER NOT NULL,
        copy_of INTEGER,
        copy_reason TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    """
    CREATE INDEX entries_listed ON entries (listed_at, id, fronts) WHERE shown = 1
    """,
    """
    CREATE INDEX entries_of_category ON entries (category, listed_at, id, fronts) WHERE shown = 1
    """,
    """
    CREATE INDEX entries_of_feed ON entries (feed_id, listed_at, id, fronts)
    """,
    """
    CREATE INDEX entries_arrived ON entries (first_seen_at)
    """,
    """
    CREATE INDEX entries_guid ON entries (feed_id, guid) WHERE guid IS NOT NULL
    """,
    """
    CREATE INDEX entries_url ON entries (feed_id, url) WHERE url IS NOT NULL
    """,
    """
    CREATE INDEX entries_headline ON entries (feed_id, headline)
    """,
    """
    CREATE INDEX entries_url_key ON entries (url_key) WHERE url_key IS NOT NULL
    """,
    """
    CREATE INDEX entries_headline_key ON entries (headline_key, listed_at) WHERE headline_key <> ''
    """,
    """
    CREATE INDEX entries_copy_set ON entries (copy_set)
    """,
    """
    CREATE INDEX entries_ungrouped ON entries (id) WHERE grouped = 0
    """,
    """
    CREATE TRIGGER entries_counted AFTER INSERT ON entries BEGIN
        UPDATE feeds SET entry_count = entry_count + 1, copy_count = copy_count + (new.copy_of IS NOT NULL)
        WHERE id = new.feed_id;
    END
    """,
    """
    CREATE TRIGGER entries_uncounted AFTER DELETE ON entries BEGIN
        UPDATE feeds SET entry_count = entry_count - 1, copy_count = copy_count - (old.copy_of IS NOT NULL)
        WHERE id = old.feed_id;
    END
    """,
    """
    CREATE TRIGGER copies_counted AFTER UPDATE OF copy_of ON entries
    WHEN (old.copy_of IS NULL) <> (new.copy_of IS NULL) BEGIN
        UPDATE feeds SET copy_count = copy_count + (new.copy_of IS NOT NULL) - (old.copy_of IS NOT NULL)
        WHERE id = new.feed_id;
    END
    """,
    """
    CREATE TABLE entry_texts (
        entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
        summary TEXT NOT NULL,
        content TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE revisions (
        id INTEGER PRIMARY KEY,
        entry_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
        replaced_at INTEGER NOT NULL,
        headline TEXT NOT NULL,
        url TEXT,
        summary TEXT NOT NULL,
        content TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE INDEX revisions_of_entry ON revisions (entry_id, id)
    """,
    """
    CREATE VIRTUAL TABLE entry_search USING fts5 (
        headline, teaser, text, content = '', tokenize = "unicode61 remove_diacritics 0"
    )
    """,
    """
    CREATE TABLE search_rules (signature TEXT NOT NULL) STRICT
    """,
)


@MIGRATIONS(name="0002_rate_groups_and_polls")
def _rate_groups_and_polls(db: Database) -> None:
    for statement in _RATE_GROUPS_AND_POLLS:
        db.execute(statement)


_RATE_GROUPS_AND_POLLS = (
    "DROP INDEX feeds_due",
    "DROP INDEX feeds_leased",
    "ALTER TABLE feeds DROP COLUMN host",
    "ALTER TABLE feeds DROP COLUMN lease_token",
    "ALTER TABLE feeds DROP COLUMN lease_until",
    # Which group a feed is of is decided in Python: '' until feeds.yaml is read the next time, which is before any poll.
    "ALTER TABLE feeds ADD COLUMN rate_group TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE feeds ADD COLUMN unconditional_interval INTEGER NOT NULL DEFAULT 86400",
    "ALTER TABLE feeds ADD COLUMN lifetime INTEGER",
    "ALTER TABLE feeds ADD COLUMN failing_since INTEGER",
    "ALTER TABLE feeds ADD COLUMN malformed_since INTEGER",
    "ALTER TABLE feeds ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE feeds ADD COLUMN slowdown INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE feeds ADD COLUMN move_address TEXT",
    "ALTER TABLE feeds ADD COLUMN move_candidate TEXT",
    "ALTER TABLE feeds ADD COLUMN move_seen INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE feeds ADD COLUMN move_since INTEGER",
    "ALTER TABLE feeds ADD COLUMN fresh_until INTEGER",
    "ALTER TABLE feeds ADD COLUMN pushed_until INTEGER",
    "ALTER TABLE feeds ADD COLUMN poll_count INTEGER NOT NULL DEFAULT 0",
    """
    CREATE INDEX feeds_due ON feeds (
        rate_group, max(coalesce(next_poll_at, -1), coalesce(blocked_until, -1)), position
    ) WHERE configured = 1 AND gone = 0
    """,
    """
    CREATE TABLE rate_groups (
        name TEXT NOT NULL PRIMARY KEY,
        next_at INTEGER,
        position INTEGER NOT NULL,
        lease_token INTEGER NOT NULL DEFAULT 0,
        lease_until INTEGER,
        rest_until INTEGER,
        paused_until INTEGER,
        pause_reason TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX rate_groups_due ON rate_groups (next_at, position) WHERE next_at IS NOT NULL
    """,
    """
    CREATE INDEX rate_groups_paused ON rate_groups (paused_until) WHERE paused_until IS NOT NULL
    """,
    """
    CREATE TABLE polls (
        feed_id TEXT NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        slot INTEGER NOT NULL,
        number INTEGER NOT NULL,
        at INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        status INTEGER,
        message TEXT NOT NULL,
        received INTEGER NOT NULL,
        new INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        elapsed INTEGER NOT NULL,
        next_poll_at INTEGER,
        next_poll_reason TEXT NOT NULL,
        PRIMARY KEY (feed_id, slot)
    ) STRICT, WITHOUT ROWID
    """,
)


@MIGRATIONS(name="0003_subscriptions")
def _subscriptions(db: Database) -> None:
    for statement in _SUBSCRIPTIONS:
        db.execute(statement)


_SUBSCRIPTIONS = (
    """
    CREATE TABLE subscriptions (
        token TEXT NOT NULL PRIMARY KEY,
        feed_id TEXT NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
        hub TEXT NOT NULL,
        topic TEXT NOT NULL,
        secret TEXT,
        stage TEXT NOT NULL,
        lease_until INTEGER,
        next_step_at INTEGER,
        failures INTEGER NOT NULL,
        message TEXT NOT NULL,
        allow_private_address INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE UNIQUE INDEX subscriptions_of_feed ON subscriptions (feed_id, hub)
    """,
    """
    CREATE INDEX subscriptions_due ON subscriptions (next_step_at) WHERE next_step_at IS NOT NULL
    """,
    """
    CREATE INDEX feeds_dropped ON feeds (id) WHERE configured = 0
    """,
)


@MIGRATIONS(name="0004_saving_by_the_batch")
def _saving_by_the_batch(db: Database) -> None:
    for statement in _SAVING_BY_THE_BATCH:
        db.execute(statement)


_SAVING_BY_THE_BATCH = (
    # A statement that fires a trigger keeps a copy of every page it changes, to undo it alone: of the 4.2 ms that it took
    # to insert the 30 entries of a feed, 1.9 went there.
    "DROP TRIGGER entries_counted",
    "DROP TRIGGER copies_counted",
    # Only entries that have neither guid nor address are known by their headline.
    "DROP INDEX entries_headline",
    "CREATE INDEX entries_nameless ON entries (feed_id, headline) WHERE guid IS NULL AND url IS NULL",
    # Eight pieces of the index are merged at a time, not four, so that each word is written again less often: a database of
    # 30,000 entries came to be with 3.3 ms for thirty of them, not 4.0. With sixteen it was 3.2, and every search would
    # have to look into up to 15 pieces of each size.
    "INSERT INTO entry_search (entry_search, rank) VALUES ('automerge', 8)",
    "INSERT INTO entry_search (entry_search, rank) VALUES ('crisismerge', 64)",
)


def upgrade(db: Database, path: Path) -> None:
    """Bring the tables up to date, and the words of the search index to today's rules.

    One transaction, begun as a writer: of two processes that start at once one upgrades, and the other finds it done.

    Raises:
        DatabaseUnusable: the file belongs to a newer version or to another program; nothing was written.
    """
    with connect.usable(path), connect.writing(db):
        _refuse_unknown(db, path)  # again: the file may have become another one's since
        MIGRATIONS.apply(db)
        search_index.renew(Session(db))


def refuse_strangers(path: Path) -> None:
    """Look whose file it is, before anything of it is changed.

    Raises:
        DatabaseUnusable: the file belongs to a newer version or to another program, or is no database.
    """
    if not path.exists():
        return
    with connect.usable(path), closing(connect.connect_as_it_is(path)) as db:
        _refuse_unknown(db, path)


def _refuse_unknown(db: Database, path: Path) -> None:
    applied = [migration.name for migration in MIGRATIONS.applied(db)]
    if not applied and db.table_names():
        raise DatabaseUnusable(f"{path}: is the database of another program; name another with --database")
    unknown = sorted(set(applied) - names())
    if unknown:
        raise DatabaseUnusable(
            f"{path}: was written by a newer version of aggregator ({', '.join(unknown)}); install that, or restore a backup"
        )


def names() -> set[str]:
    """Give the names of all steps this version knows."""
    return {migration.name for migration in MIGRATIONS.pending(Database(memory=True))}
