"""The tables of digests and their mail, as step 0009 makes them. See steps.py; schema.sql says what they hold."""

DIGESTS = (
    """
    CREATE TABLE digests (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        date TEXT NOT NULL,
        title TEXT NOT NULL,
        start_at INTEGER NOT NULL,
        end_at INTEGER NOT NULL,
        stories INTEGER NOT NULL,
        entries INTEGER NOT NULL,
        publishers INTEGER NOT NULL,
        told INTEGER NOT NULL,
        headlines TEXT,
        last_entry INTEGER NOT NULL,
        sealed_at INTEGER NOT NULL,
        sections TEXT
    ) STRICT
    """,
    "CREATE UNIQUE INDEX digests_dated ON digests (name, date)",
    """
    CREATE TABLE digest_items (
        digest_id INTEGER NOT NULL REFERENCES digests (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        story_id INTEGER NOT NULL,
        entry_id INTEGER NOT NULL,
        headline TEXT NOT NULL,
        language TEXT,
        publishers TEXT,
        PRIMARY KEY (digest_id, place)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE mails (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        date TEXT NOT NULL,
        recipient TEXT NOT NULL,
        message_id TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        next_at INTEGER,
        message TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE UNIQUE INDEX mails_of_digest ON mails (name, date, recipient)",
    "CREATE INDEX mails_due ON mails (next_at, id) WHERE next_at IS NOT NULL",
)
