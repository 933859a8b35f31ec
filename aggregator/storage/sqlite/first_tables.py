"""The tables of the first release, as its databases still have them where a later step begins. Never changed."""

ENTRIES_AND_FEEDS = (
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
