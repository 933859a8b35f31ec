-- The tables as the newest migration leaves them. This file is for reading: the program runs steps.py, and
-- tests/unit/test_sqlite_migrations.py holds that replaying those gives exactly this.
--
-- Times are whole seconds since 1970, UTC. JSON columns are NULL where there is nothing to keep.

CREATE TABLE feeds (
    id TEXT NOT NULL PRIMARY KEY,
    -- what feeds.yaml says
    configured INTEGER NOT NULL,
    position INTEGER NOT NULL,
    url TEXT NOT NULL,
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
    -- kept by saving.py, copies.py and the trigger below
    entry_count INTEGER NOT NULL DEFAULT 0,
    copy_count INTEGER NOT NULL DEFAULT 0,   -- of these, how many are listed under another entry
    -- added since (SQLite adds columns at the end)
    rate_group TEXT NOT NULL DEFAULT '',     -- of the address that is asked; '': feeds.yaml has not been read yet
    unconditional_interval INTEGER NOT NULL DEFAULT 86400,  -- what feeds.yaml says, seconds
    lifetime INTEGER,                        -- seconds
    failing_since INTEGER,
    malformed_since INTEGER,
    repeats INTEGER NOT NULL DEFAULT 0,
    slowdown INTEGER NOT NULL DEFAULT 0,
    move_address TEXT,                       -- polled instead of url
    move_candidate TEXT,
    move_seen INTEGER NOT NULL DEFAULT 0,
    move_since INTEGER,
    fresh_until INTEGER,
    pushed_until INTEGER,                    -- kept by pushes.py
    poll_count INTEGER NOT NULL DEFAULT 0,   -- names the place of the next one in polls
    push_count INTEGER NOT NULL DEFAULT 0,   -- documents of hubs that were stored; kept by pushes.py
    advertised TEXT,                         -- topic and hubs that the last document named
    icon_url TEXT,                           -- what its document calls its icon
    shows_images INTEGER NOT NULL DEFAULT 1, -- what feeds.yaml says
    filters TEXT,                            -- likewise: which entries are muted
    wanted TEXT,                             -- likewise: retention and the like
    judged_at INTEGER,                       -- listed_at of the entry to which filters were applied anew; NULL: to all
    judged_id INTEGER                        -- id of that entry
) STRICT;

-- A feed is due at the later of its time and the end of a server's wish; -1: never polled, before all others.
CREATE INDEX feeds_due ON feeds (
    rate_group, max(coalesce(next_poll_at, -1), coalesce(blocked_until, -1)), position
) WHERE configured = 1 AND gone = 0;
CREATE INDEX feeds_configured ON feeds (position) WHERE configured = 1;
CREATE INDEX feeds_dropped ON feeds (id) WHERE configured = 0;
CREATE INDEX feeds_judged ON feeds (id) WHERE judged_at IS NOT NULL;

-- What one worker at a time may speak to: see groups.py.
CREATE TABLE rate_groups (
    name TEXT NOT NULL PRIMARY KEY,
    next_at INTEGER,                         -- no worker need look before; NULL: it has no feed to poll
    position INTEGER NOT NULL,               -- of its first feed in feeds.yaml
    lease_token INTEGER NOT NULL DEFAULT 0,  -- grows with every lease
    lease_until INTEGER,                     -- NULL: nobody has it
    rest_until INTEGER,                      -- the gap after the last lease
    paused_until INTEGER,                    -- a server's wish for all of its feeds
    pause_reason TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE INDEX rate_groups_due ON rate_groups (next_at, position) WHERE next_at IS NOT NULL;
CREATE INDEX rate_groups_paused ON rate_groups (paused_until) WHERE paused_until IS NOT NULL;

-- The latest time at which anything was asked for, to about a minute, in one row: see setbacks.py.
CREATE TABLE clock (latest_at INTEGER NOT NULL) STRICT;

-- The last polls of every feed: a ring of as many places as polls.py says, each written over in its turn.
CREATE TABLE polls (
    feed_id TEXT NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    slot INTEGER NOT NULL,                   -- number modulo the size of the ring
    number INTEGER NOT NULL,                 -- feeds.poll_count when it was written
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    message TEXT NOT NULL,
    received INTEGER NOT NULL,               -- bytes
    new INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    elapsed INTEGER NOT NULL,                -- milliseconds
    next_poll_at INTEGER,
    next_poll_reason TEXT NOT NULL,
    PRIMARY KEY (feed_id, slot)
) STRICT, WITHOUT ROWID;

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
    shown INTEGER NOT NULL,                  -- its feed is configured, and it is not muted, or breaks out: see muting.py
    fronts INTEGER NOT NULL,                 -- lists without copies show this entry of its set: see fronts.py
    -- which entries it repeats
    grouped INTEGER NOT NULL DEFAULT 0,      -- placed since it came or changed
    copy_set INTEGER NOT NULL,
    copy_of INTEGER,
    copy_reason TEXT NOT NULL DEFAULT '',
    -- added since
    muted TEXT NOT NULL DEFAULT ''           -- the rule that mutes it
) STRICT;

CREATE INDEX entries_listed ON entries (listed_at, id, fronts) WHERE shown = 1;
CREATE INDEX entries_of_category ON entries (category, listed_at, id, fronts) WHERE shown = 1;
CREATE INDEX entries_of_feed ON entries (feed_id, listed_at, id, fronts);
CREATE INDEX entries_arrived ON entries (first_seen_at);
CREATE INDEX entries_guid ON entries (feed_id, guid) WHERE guid IS NOT NULL;
CREATE INDEX entries_url ON entries (feed_id, url) WHERE url IS NOT NULL;
CREATE INDEX entries_url_key ON entries (url_key) WHERE url_key IS NOT NULL;
CREATE INDEX entries_headline_key ON entries (headline_key, listed_at) WHERE headline_key <> '';
CREATE INDEX entries_copy_set ON entries (copy_set);
CREATE INDEX entries_ungrouped ON entries (listed_at, id) WHERE grouped = 0;
CREATE INDEX entries_muted ON entries (feed_id) WHERE muted <> '';
CREATE INDEX entries_nameless ON entries (feed_id, headline) WHERE guid IS NULL AND url IS NULL;

-- Rare, so a trigger will do; what comes often is counted by saving.py and copies.py, because a trigger makes SQLite keep
-- a copy of every page that the statement changes.
CREATE TRIGGER entries_uncounted AFTER DELETE ON entries BEGIN
    UPDATE feeds SET entry_count = entry_count - 1, copy_count = copy_count - (old.copy_of IS NOT NULL)
    WHERE id = old.feed_id;
END;
-- The long texts lie apart, so that lists and grouping read few pages.
CREATE TABLE entry_texts (
    entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    summary TEXT NOT NULL,
    content TEXT NOT NULL,
    text TEXT NOT NULL,
    -- added since
    checksum INTEGER                         -- of what readers see of the entry: see checksums.py; NULL: stored before there were any
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
-- Set to merge eight pieces at a time ('automerge'; FTS5 keeps that in a table of its own).
-- rowid is entries.id. The words come folded and fit for this tokenizer: see text/words.py.
CREATE VIRTUAL TABLE entry_search USING fts5 (
    headline, teaser, text, content = '', tokenize = "unicode61 remove_diacritics 0"
);

-- With which rules the words of entry_search were made: see search_index.py.
CREATE TABLE search_rules (signature TEXT NOT NULL) STRICT;

-- By what the entries of the document that was stored last are known again without being read: see feeds/imprints.py.
CREATE TABLE imprints (
    feed_id TEXT NOT NULL PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
    context BLOB NOT NULL,                   -- hash of what else decides what entries are read to
    entries BLOB NOT NULL                    -- an entry after the other: hash (16 bytes), id (8 bytes, big-endian)
) STRICT, WITHOUT ROWID;

-- Hubs that send what is new (WebSub): see polling/websub.py.
CREATE TABLE subscriptions (
    token TEXT NOT NULL PRIMARY KEY,         -- last part of the callback's address
    feed_id TEXT NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    secret TEXT,
    stage TEXT NOT NULL,
    lease_until INTEGER,                     -- NULL: the hub does not send
    next_step_at INTEGER,
    failures INTEGER NOT NULL,
    message TEXT NOT NULL,
    allow_private_address INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX subscriptions_of_feed ON subscriptions (feed_id, hub);
CREATE INDEX subscriptions_due ON subscriptions (next_step_at) WHERE next_step_at IS NOT NULL;

-- Entries that say nearly the same, the lower id first: see copies.py.
CREATE TABLE copy_ties (
    entry_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    other_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
    PRIMARY KEY (entry_id, other_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX copy_ties_other ON copy_ties (other_id);

-- Stories as the engine decided them: see stories.py. Those that merged into others are no longer here.
CREATE TABLE stories (
    id INTEGER PRIMARY KEY,                  -- the engine gives it, and never twice: story_mark.next_story
    lead INTEGER NOT NULL,                   -- entry that speaks for it; may have been deleted, or belong to a feed that left
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    publishers TEXT,                         -- all that it ever had: what is shown is counted from its entries
    numbers TEXT,
    open INTEGER NOT NULL,                   -- entries may still join it
    review_at INTEGER,
    coverage INTEGER NOT NULL DEFAULT 0      -- publishers of entries that are shown; kept by story_lists.py and the trigger below
) STRICT;

CREATE INDEX stories_open ON stories (id) WHERE open = 1;
CREATE INDEX stories_listed ON stories (updated_at, id, coverage) WHERE coverage > 0;

-- The categories of its entries that are shown, each with what a list of the category needs; likewise kept.
CREATE TABLE story_categories (
    story_id INTEGER NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
    category TEXT NOT NULL,
    updated_at INTEGER NOT NULL,             -- of the story, likewise the next
    coverage INTEGER NOT NULL,
    PRIMARY KEY (story_id, category)
) STRICT, WITHOUT ROWID;

CREATE INDEX story_categories_listed ON story_categories (category, updated_at, story_id, coverage);

-- Where the addresses of stories that merged lead to.
CREATE TABLE story_redirects (
    story_id INTEGER PRIMARY KEY,
    target INTEGER NOT NULL
) STRICT;

CREATE INDEX story_redirects_target ON story_redirects (target);

-- Which entry is in which story, and why.
CREATE TABLE story_entries (
    entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    story_id INTEGER NOT NULL REFERENCES stories (id),
    score REAL NOT NULL,
    words TEXT,
    vetoes TEXT                              -- pairs of a story and a reason
) STRICT;

CREATE INDEX story_entries_of_story ON story_entries (story_id);

CREATE TABLE story_events (
    story_id INTEGER NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
    mark INTEGER NOT NULL,                   -- story_mark.mark when it was saved
    number INTEGER NOT NULL,                 -- among the events of that save
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry_id INTEGER,                        -- may have been deleted
    detail TEXT NOT NULL,
    PRIMARY KEY (story_id, mark, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE story_related (
    story_id INTEGER NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
    other_id INTEGER NOT NULL,
    score REAL NOT NULL,
    PRIMARY KEY (story_id, other_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX story_related_other ON story_related (other_id, score);

-- What the engine read of the entries of the last days, from which it is made again.
CREATE TABLE story_readings (
    position INTEGER PRIMARY KEY,
    entry_id INTEGER NOT NULL,               -- may have been deleted
    at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    publisher TEXT NOT NULL,
    headline TEXT NOT NULL,
    given_language TEXT,
    url_key TEXT,
    links TEXT,
    language TEXT NOT NULL,
    terms TEXT NOT NULL,                     -- those of the headline, and those of the body
    weighed TEXT,                            -- terms that weights belong to; NULL: all of them, each once
    weights BLOB NOT NULL,                   -- as many doubles, little-endian
    meaning BLOB                             -- likewise
) STRICT;

-- What an engine holds of all that is open, so that it need not read it all again: see stories/outlines.py. Dropped without loss.
CREATE TABLE story_outlines (
    signature TEXT NOT NULL,                 -- of the rules by which it was made
    part TEXT NOT NULL,
    mark INTEGER NOT NULL,                   -- story_mark.mark when it was; at another one there is news to learn
    content BLOB NOT NULL,
    PRIMARY KEY (signature, part)
) STRICT;

-- What people have decided, in order.
CREATE TABLE story_rulings (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    entries TEXT NOT NULL,
    others TEXT
) STRICT;

-- In one row.
CREATE TABLE story_mark (
    mark INTEGER NOT NULL,                   -- grows with all that is written about stories
    next_story INTEGER NOT NULL,
    signature TEXT NOT NULL                  -- of the rules by which story_readings were read
) STRICT;

-- Rows of story_entries go only with their entries, which is rare.
CREATE TRIGGER story_entries_deleted AFTER DELETE ON story_entries BEGIN
    UPDATE stories SET
        coverage = (
            SELECT count(DISTINCT f.publisher) FROM story_entries AS p
            CROSS JOIN entries AS e ON e.id = p.entry_id CROSS JOIN feeds AS f ON f.id = e.feed_id
            WHERE p.story_id = old.story_id AND e.shown = 1
        ),
        open = open AND EXISTS (SELECT 1 FROM story_entries AS p WHERE p.story_id = old.story_id)
    WHERE id = old.story_id;
    DELETE FROM story_categories WHERE story_id = old.story_id AND category NOT IN (
        SELECT e.category FROM story_entries AS p CROSS JOIN entries AS e ON e.id = p.entry_id
        WHERE p.story_id = old.story_id AND e.shown = 1
    );
    UPDATE story_categories SET coverage = (SELECT coverage FROM stories WHERE id = old.story_id)
    WHERE story_id = old.story_id;
    UPDATE story_mark SET mark = mark + 1;
END;
-- Digests, sealed once made: what they say stays as it was.
CREATE TABLE digests (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    date TEXT NOT NULL,                      -- YYYY-MM-DD: orders as time does
    title TEXT NOT NULL,
    start_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL,
    stories INTEGER NOT NULL,                -- to choose from
    entries INTEGER NOT NULL,
    publishers INTEGER NOT NULL,
    told INTEGER NOT NULL,
    headlines TEXT,                          -- of the first three items
    last_entry INTEGER NOT NULL,             -- greatest id then: what came after it came too late, and is told the next time
    sealed_at INTEGER NOT NULL,
    sections TEXT                            -- all of it, in order
) STRICT;

CREATE UNIQUE INDEX digests_dated ON digests (name, date);

-- What they told of which story, so that it is told again only when it has changed.
CREATE TABLE digest_items (
    digest_id INTEGER NOT NULL REFERENCES digests (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    story_id INTEGER NOT NULL,               -- as it was: it may have merged since, or be gone
    entry_id INTEGER NOT NULL,               -- which led it
    headline TEXT NOT NULL,
    language TEXT,
    publishers TEXT,
    PRIMARY KEY (digest_id, place)
) STRICT, WITHOUT ROWID;

-- One message for each digest and recipient: see digests/posting.py.
CREATE TABLE mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    date TEXT NOT NULL,
    recipient TEXT NOT NULL,
    message_id TEXT NOT NULL,                -- what stands before the @
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER,                         -- NULL: nothing is to be done any more
    message TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX mails_of_digest ON mails (name, date, recipient);
CREATE INDEX mails_due ON mails (next_at, id) WHERE next_at IS NOT NULL;

-- The article behind the link of an entry, where its feed asks for it; kept beside what the feed says: see full_texts.py.
CREATE TABLE full_texts (
    entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    html TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT '',            -- whose text it is, after redirects
    fetched_at INTEGER,                      -- NULL: there is none
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER,                         -- NULL: it is not tried again
    message TEXT NOT NULL DEFAULT ''
) STRICT;

-- Subscription lists that feeds.yaml includes, as they were last: see lists.py.
CREATE TABLE lists (
    url TEXT NOT NULL PRIMARY KEY,
    body BLOB,                               -- the last good one; NULL: there was none yet
    content_type TEXT NOT NULL DEFAULT '',
    etag TEXT,
    last_modified TEXT,
    validators_url TEXT,
    fetched_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER,
    message TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
-- In one row: grows with every transaction that wrote what lists, stories, entries, searches or digests show. See versions.py.
CREATE TABLE contents_mark (mark INTEGER NOT NULL) STRICT;
