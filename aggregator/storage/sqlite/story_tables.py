"""The tables of stories and of texts that are nearly the same, as step 0008 makes them. See steps.py; schema.sql says what they hold."""

STORIES = (
    # Entries are placed in the order in which they were published: a story is led and told in that order.
    "DROP INDEX entries_ungrouped",
    # Whatever was stored before stories were known gets one as if it came now, in order of time.
    "UPDATE entries SET grouped = 0",
    # Only the search for what is related to an entry, which stories take the place of, went by arrival.
    "DROP INDEX IF EXISTS entries_arrived",
    "CREATE INDEX entries_ungrouped ON entries (listed_at, id) WHERE grouped = 0",
    """
    CREATE TABLE copy_ties (
        entry_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
        other_id INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
        PRIMARY KEY (entry_id, other_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX copy_ties_other ON copy_ties (other_id)",
    """
    CREATE TABLE stories (
        id INTEGER PRIMARY KEY,
        lead INTEGER NOT NULL,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        publishers TEXT,
        numbers TEXT,
        open INTEGER NOT NULL,
        review_at INTEGER,
        coverage INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
    "CREATE INDEX stories_open ON stories (id) WHERE open = 1",
    "CREATE INDEX stories_listed ON stories (updated_at, id, coverage) WHERE coverage > 0",
    """
    CREATE TABLE story_categories (
        story_id INTEGER NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
        category TEXT NOT NULL,
        updated_at INTEGER NOT NULL,
        coverage INTEGER NOT NULL,
        PRIMARY KEY (story_id, category)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX story_categories_listed ON story_categories (category, updated_at, story_id, coverage)",
    """
    CREATE TABLE story_redirects (
        story_id INTEGER PRIMARY KEY,
        target INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX story_redirects_target ON story_redirects (target)",
    """
    CREATE TABLE story_entries (
        entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
        story_id INTEGER NOT NULL REFERENCES stories (id),
        score REAL NOT NULL,
        words TEXT,
        vetoes TEXT
    ) STRICT
    """,
    "CREATE INDEX story_entries_of_story ON story_entries (story_id)",
    """
    CREATE TABLE story_events (
        story_id INTEGER NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
        mark INTEGER NOT NULL,
        number INTEGER NOT NULL,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        entry_id INTEGER,
        detail TEXT NOT NULL,
        PRIMARY KEY (story_id, mark, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE story_related (
        story_id INTEGER NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
        other_id INTEGER NOT NULL,
        score REAL NOT NULL,
        PRIMARY KEY (story_id, other_id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX story_related_other ON story_related (other_id, score)",
    """
    CREATE TABLE story_readings (
        position INTEGER PRIMARY KEY,
        entry_id INTEGER NOT NULL,
        at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        publisher TEXT NOT NULL,
        headline TEXT NOT NULL,
        given_language TEXT,
        url_key TEXT,
        links TEXT,
        language TEXT NOT NULL,
        terms TEXT NOT NULL,
        weighed TEXT,
        weights BLOB NOT NULL,
        meaning BLOB
    ) STRICT
    """,
    """
    CREATE TABLE story_rulings (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        entries TEXT NOT NULL,
        others TEXT
    ) STRICT
    """,
    """
    CREATE TABLE story_mark (
        mark INTEGER NOT NULL,
        next_story INTEGER NOT NULL,
        signature TEXT NOT NULL
    ) STRICT
    """,
    "INSERT INTO story_mark (mark, next_story, signature) VALUES (0, 1, '')",
    # Rows of story_entries go only with their entries.
    """
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
    END
    """,
)
