"""How the tables came to be, step by step; schema.sql shows where the steps lead.

Steps are only ever added: what has run on someone's database can't be changed. They import nothing of this program that
could change. Each is named in the database once it has run (sqlite-utils' `Migrations`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from aggregator.storage.sqlite.digest_tables import DIGESTS
from aggregator.storage.sqlite.first_tables import ENTRIES_AND_FEEDS
from aggregator.storage.sqlite.full_texts import FULL_TEXTS
from aggregator.storage.sqlite.lists import LISTS
from aggregator.storage.sqlite.story_tables import STORIES

if TYPE_CHECKING:
    from sqlite_utils import Database

Step = Callable[["Database"], None]

STEPS: Final[dict[str, Step]] = {}
"""All of them by name, in the order in which they are taken."""


def _step(name: str) -> Callable[[Step], Step]:
    def noted(step: Step) -> Step:
        STEPS[name] = step
        return step

    return noted


@_step("0001_entries_and_feeds")
def _entries_and_feeds(db: "Database") -> None:
    for statement in ENTRIES_AND_FEEDS:
        db.execute(statement)


@_step("0002_rate_groups_and_polls")
def _rate_groups_and_polls(db: "Database") -> None:
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


@_step("0003_subscriptions")
def _subscriptions(db: "Database") -> None:
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


@_step("0004_saving_by_the_batch")
def _saving_by_the_batch(db: "Database") -> None:
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


@_step("0005_pushes_and_advertised_hubs")
def _pushes_and_advertised_hubs(db: "Database") -> None:
    for statement in _PUSHES_AND_ADVERTISED_HUBS:
        db.execute(statement)


_PUSHES_AND_ADVERTISED_HUBS = (
    "ALTER TABLE feeds ADD COLUMN push_count INTEGER NOT NULL DEFAULT 0",
    # Of documents that were stored before, nobody knows what they named: their hubs are found with the next new one.
    "ALTER TABLE feeds ADD COLUMN advertised TEXT",
)


@_step("0006_clock")
def _clock(db: "Database") -> None:
    db.execute("CREATE TABLE clock (latest_at INTEGER NOT NULL) STRICT")
    db.execute("INSERT INTO clock (latest_at) VALUES (0)")


@_step("0007_imprints")
def _imprints(db: "Database") -> None:
    db.execute(
        """
        CREATE TABLE imprints (
            feed_id TEXT NOT NULL PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
            context BLOB NOT NULL,
            entries BLOB NOT NULL
        ) STRICT, WITHOUT ROWID
        """
    )


@_step("0008_stories")
def _stories(db: "Database") -> None:
    for statement in STORIES:
        db.execute(statement)


@_step("0009_digests")
def _digests(db: "Database") -> None:
    for statement in DIGESTS:
        db.execute(statement)


@_step("0012_contents_mark")
def _contents_mark(db: "Database") -> None:
    db.execute("CREATE TABLE contents_mark (mark INTEGER NOT NULL) STRICT")
    db.execute("INSERT INTO contents_mark (mark) VALUES (0)")


@_step("0013_icons_and_images_of_feeds")
def _icons_and_images_of_feeds(db: "Database") -> None:
    db.execute("ALTER TABLE feeds ADD COLUMN icon_url TEXT")
    db.execute("ALTER TABLE feeds ADD COLUMN shows_images INTEGER NOT NULL DEFAULT 1")


@_step("0014_what_feeds_want")
def _what_feeds_want(db: "Database") -> None:
    for statement in _WHAT_FEEDS_WANT:
        db.execute(statement)


@_step("0015_full_texts_and_lists")
def _full_texts_and_lists(db: "Database") -> None:
    for statement in (*FULL_TEXTS, *LISTS):
        db.execute(statement)


_WHAT_FEEDS_WANT = (
    "ALTER TABLE feeds ADD COLUMN filters TEXT",
    "ALTER TABLE feeds ADD COLUMN wanted TEXT",
    "ALTER TABLE feeds ADD COLUMN judged_at INTEGER",
    "ALTER TABLE feeds ADD COLUMN judged_id INTEGER",
    "ALTER TABLE entries ADD COLUMN muted TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX feeds_judged ON feeds (id) WHERE judged_at IS NOT NULL",
    "CREATE INDEX entries_muted ON entries (feed_id) WHERE muted <> ''",
)


@_step("0016_checksums")
def _checksums(db: "Database") -> None:
    db.execute("ALTER TABLE entry_texts ADD COLUMN checksum INTEGER")


@_step("0018_story_outlines")
def _story_outlines(db: "Database") -> None:
    db.execute(
        """
        CREATE TABLE story_outlines (
            signature TEXT NOT NULL,
            part TEXT NOT NULL,
            mark INTEGER NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (signature, part)
        ) STRICT
        """
    )
