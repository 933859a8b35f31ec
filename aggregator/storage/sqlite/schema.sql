-- The tables as the newest migration leaves them. This file is for reading: the program runs migrations.py, and
-- tests/unit/test_sqlite_migrations.py holds that replaying those gives exactly this.
--
-- Times are whole seconds since 1970, UTC. JSON columns are NULL where there is nothing to keep.

CREATE TABLE feeds (
    id TEXT NOT NULL PRIMARY KEY,
    -- what feeds.yaml says
    configured INTEGER NOT NULL,
    position INTEGER NOT NULL,
    url TEXT NOT NULL,
    host TEXT NOT NULL,                      -- host:port of url, for the limit a host
    title TEXT NOT NULL,
    publisher TEXT NOT NULL,
    category TEXT NOT NULL,
    tags TEXT,
    language TEXT,
    interval INTEGER NOT NULL,               -- seconds
    allow_private_address INTEGER NOT NULL,
    -- what its document says
    document_title TEXT NOT NULL DEFAULT '',
    home_url TEXT,
    -- what polls have left behind
    etag TEXT,
    last_modified TEXT,
    validators_url TEXT,                     -- NULL: url gave them itself
    body_hash TEXT,
    hints TEXT,                              -- ttl, skipHours ... of that document
    last_polled_at INTEGER,
    last_success_at INTEGER,
    last_outcome TEXT,
    last_message TEXT NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0,
    next_poll_at INTEGER,                    -- NULL: due at once, before every feed that has a time
    next_poll_reason TEXT NOT NULL DEFAULT '',
    blocked_until INTEGER,
    gone INTEGER NOT NULL DEFAULT 0,
    -- who polls it
    lease_token INTEGER NOT NULL DEFAULT 0,  -- grows with every lease
    lease_until INTEGER,                     -- NULL: nobody
    -- kept by the triggers below
    entry_count INTEGER NOT NULL DEFAULT 0,
    copy_count INTEGER NOT NULL DEFAULT 0    -- of these, how many are listed under another entry
) STRICT;

CREATE INDEX feeds_due ON feeds (coalesce(next_poll_at, -1), position) WHERE configured = 1 AND gone = 0;
CREATE INDEX feeds_configured ON feeds (position) WHERE configured = 1;
CREATE INDEX feeds_leased ON feeds (lease_until, host) WHERE lease_until IS NOT NULL;

CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,    -- never given twice: it is published
    feed_id TEXT NOT NULL REFERENCES feeds (id),
    -- what the feed says
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
    -- when
    first_seen_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    listed_at INTEGER NOT NULL,
    -- where it is listed: copied from its feed, so that one index answers a list
    category TEXT NOT NULL,
    shown INTEGER NOT NULL,                  -- its feed is configured
    fronts INTEGER NOT NULL,                 -- lists without copies show this entry of its set: see fronts.py
    -- which entries it repeats
    grouped INTEGER NOT NULL DEFAULT 0,      -- placed since it came or changed
    copy_set INTEGER NOT NULL,
    copy_of INTEGER,
    copy_reason TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX entries_listed ON entries (listed_at, id, fronts) WHERE shown = 1;
CREATE INDEX entries_of_category ON entries (category, listed_at, id, fronts) WHERE shown = 1;
CREATE INDEX entries_of_feed ON entries (feed_id, listed_at, id, fronts);
CREATE INDEX entries_arrived ON entries (first_seen_at);
CREATE INDEX entries_guid ON entries (feed_id, guid) WHERE guid IS NOT NULL;
CREATE INDEX entries_url ON entries (feed_id, url) WHERE url IS NOT NULL;
CREATE INDEX entries_headline ON entries (feed_id, headline);
CREATE INDEX entries_url_key ON entries (url_key) WHERE url_key IS NOT NULL;
CREATE INDEX entries_headline_key ON entries (headline_key, listed_at) WHERE headline_key <> '';
CREATE INDEX entries_copy_set ON entries (copy_set);
CREATE INDEX entries_ungrouped ON entries (id) WHERE grouped = 0;

CREATE TRIGGER entries_counted AFTER INSERT ON entries BEGIN
    UPDATE feeds SET entry_count = entry_count + 1, copy_count = copy_count + (new.copy_of IS NOT NULL)
    WHERE id = new.feed_id;
END;
CREATE TRIGGER entries_uncounted AFTER DELETE ON entries BEGIN
    UPDATE feeds SET entry_count = entry_count - 1, copy_count = copy_count - (old.copy_of IS NOT NULL)
    WHERE id = old.feed_id;
END;
CREATE TRIGGER copies_counted AFTER UPDATE OF copy_of ON entries
WHEN (old.copy_of IS NULL) <> (new.copy_of IS NULL) BEGIN
    UPDATE feeds SET copy_count = copy_count + (new.copy_of IS NOT NULL) - (old.copy_of IS NOT NULL)
    WHERE id = new.feed_id;
END;

-- The long texts lie apart, so that lists and grouping read few pages.
CREATE TABLE entry_texts (
    entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    summary TEXT NOT NULL,
    content TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;

CREATE TABLE revisions (
    id INTEGER PRIMARY KEY,
    entry_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    replaced_at INTEGER NOT NULL,
    headline TEXT NOT NULL,
    url TEXT,
    summary TEXT NOT NULL,
    content TEXT NOT NULL
) STRICT;

CREATE INDEX revisions_of_entry ON revisions (entry_id, id);

-- Contentless: the words of text.words.search_terms go in, and are not stored a second time.
-- rowid is entries.id. The words come folded and fit for this tokenizer: see text/words.py.
CREATE VIRTUAL TABLE entry_search USING fts5 (
    headline, teaser, text, content = '', tokenize = "unicode61 remove_diacritics 0"
);

-- With which rules the words of entry_search were made: see search_index.py.
CREATE TABLE search_rules (signature TEXT NOT NULL) STRICT;
