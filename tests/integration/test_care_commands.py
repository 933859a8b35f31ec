"""`aggregator db ...` on a database of its own, and what it must never do to it."""

import asyncio
import json
import resource
import signal
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlite_utils import Database

from aggregator.cli.main import main
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.query import StoryQuery
from aggregator.model.search import SearchQuery
from aggregator.model.story import Story
from aggregator.model.wanted import Retention
from aggregator.services.grouping import Grouping
from aggregator.services.pruning import prune
from aggregator.storage.sqlite.inspecting import inspect
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.text.search_language import parse
from tests.newswire import FEEDS, SEEN_AT, configure, fortnight, publish

ROOT = Path(__file__).resolve().parents[2]
WINDOW = timedelta(hours=48)


async def _fill(path: Path) -> None:
    store = await SqliteStore.open(path)
    try:
        await configure(store)
        await publish(store, fortnight())
        await Grouping(store, window=WINDOW).group_new()
        await store.write(lambda tx: tx.searching.catch_up(limit=1000))
    finally:
        await store.aclose()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database with a fortnight of grouped news."""
    path = tmp_path_factory.mktemp("care") / "news.db"
    asyncio.run(_fill(path))
    return path.read_bytes()


@pytest.fixture
def database(filled: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "news.db"
    path.write_bytes(filled)
    return path


def run(database: Path, *arguments: str) -> Result:
    files = ["--config", str(database.parent / "feeds.yaml"), "--database", str(database)]
    return CliRunner().invoke(main, [*files, *arguments])


def execute(database: Path, statement: str) -> None:
    with closing(Database(database)) as db, db.conn:
        db.execute(statement)


def test_a_database_that_was_filled_by_this_program_is_in_order(database: Path) -> None:
    done = run(database, "db", "check")
    assert done.exit_code == 0, done.stderr
    assert "nothing is wrong" in done.stdout


def test_d5_a_byte_that_changed_by_itself_is_found_and_its_entry_named(database: Path) -> None:
    with closing(Database(database)) as db:
        (row,) = db.query("SELECT entry_id AS id, text FROM entry_texts ORDER BY entry_id DESC LIMIT 1")
    content = bytearray(database.read_bytes())
    place = content.index(row["text"].encode())
    content[place + 5] ^= 0x01
    database.write_bytes(content)
    done = run(database, "db", "check", "--json")
    assert done.exit_code == 1
    (found,) = json.loads(done.stdout)
    assert found["what"] == "entries whose text is not what was stored"
    assert found["examples"] == [str(row["id"])]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("DELETE FROM entry_texts WHERE entry_id = 3", "entries without a text"),
        ("UPDATE feeds SET entry_count = entry_count + 1 WHERE id = 'courier'", "feeds whose number of entries"),
        ("UPDATE entries SET copy_of = 9999 WHERE copy_of IS NOT NULL", "copies of entries that do not exist"),
        ("UPDATE entries SET fronts = 0 WHERE id = 1", "sets of copies that lists do not show exactly once"),
        ("UPDATE stories SET coverage = 7 WHERE id = 1", "stories whose publishers are not what is counted"),
        ("DELETE FROM entry_search_docsize WHERE id = 3", "entries that the search index has lost"),
        ("UPDATE entries SET headline = 'Another' WHERE id = 4", "entries whose text is not what was stored"),
    ],
)
def test_what_does_not_agree_is_found(database: Path, statement: str, what: str) -> None:
    execute(database, statement)
    done = run(database, "db", "check")
    assert done.exit_code == 1
    assert what in done.stderr
    assert "restore a backup" in done.stderr


def test_looking_through_changes_nothing(database: Path) -> None:
    before = database.read_bytes()
    run(database, "db", "check")
    assert database.read_bytes() == before


def test_no_database_is_made_to_look_at(tmp_path: Path) -> None:
    done = run(tmp_path / "none.db", "db", "check")
    assert done.exit_code == 2
    assert "there is no database yet" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_d6_a_backup_made_while_others_write_is_whole(database: Path, tmp_path: Path) -> None:
    file, stopping = tmp_path / "copy.db", threading.Event()

    async def write() -> None:
        store = await SqliteStore.open(database)
        try:
            while not stopping.is_set():
                await publish(store, fortnight())
        finally:
            await store.aclose()

    def count(path: Path) -> int:
        with closing(Database(path)) as db:
            return db["entries"].count

    before = count(database)
    writer = threading.Thread(target=lambda: asyncio.run(write()))
    writer.start()
    try:
        done = run(database, "db", "backup", str(file))
    finally:
        stopping.set()
        writer.join()
    assert done.exit_code == 0, done.stderr
    assert count(file) >= before
    assert inspect(file) == []
    assert file.stat().st_mode & 0o077 == 0, "it holds the secrets of hubs"
    assert [each.name for each in tmp_path.iterdir() if ".part" in each.name] == []


def test_d6_on_a_full_disk_the_old_backup_stays(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "copy.db"
    assert run(database, "db", "backup", str(file)).exit_code == 0
    before = file.read_bytes()

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, len(before) // 2))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    words = ["--database", str(database), "db", "backup", str(file), "--replace"]
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", *words],
        cwd=ROOT,
        preexec_fn=limited,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if ".part" in each.name] == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("news.db", "is the database itself"),
        ("news.db-wal", "is the database itself"),
        ("news.db-serve", "is the database itself"),
        ("missing/copy.db", "there is no folder"),
        (".", "is a folder"),
        ("notes.txt", "exists; name another file, or give --replace"),
    ],
)
def test_a_backup_goes_nowhere_where_it_would_do_harm(database: Path, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    before = database.read_bytes()
    done = run(database, "db", "backup", str(tmp_path / name))
    assert done.exit_code == 2
    assert said in done.stderr
    assert database.read_bytes() == before
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_file_that_is_no_backup_is_not_replaced(database: Path, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine" * 200)
    done = run(database, "db", "backup", str(file), "--replace")
    assert done.exit_code == 2
    assert file.read_text() == "mine" * 200


YAML = """
feeds:
  - {url: "https://gazette.example/feed.xml", id: gazette, publisher: Gazette, category: World, retention: {entries: 3}}
"""


def test_prune_lets_go_what_retention_says_and_says_how_many(database: Path, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text(YAML)
    dry = run(database, "db", "prune", "--dry-run", "--json")
    would = json.loads(dry.stdout)
    assert [each["feed_id"] for each in would] == ["gazette"]
    with closing(Database(database)) as db:
        before = db["entries"].count
        db.conn.close()
    done = run(database, "db", "prune", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == would
    with closing(Database(database)) as db:
        assert db["entries"].count == before - would[0]["entries"]
    assert inspect(database) == []
    again = run(database, "db", "prune")
    assert "Nothing to let go" in again.stderr


@pytest.mark.anyio
@pytest.mark.parametrize("kept", [1, 4, 9])
async def test_after_pruning_all_agrees_and_stories_of_several_publishers_can_be_read(
    database: Path, kept: int
) -> None:
    store = await SqliteStore.open(database)
    try:
        before = {story.id: story.lead.id for story in await _stories(store) if _publishers(story) > 1}
        assert before
        feeds = [replace(feed, retention=Retention(entries=kept)) for feed in FEEDS]
        gone = await prune(store, feeds, now=SEEN_AT)
        assert sum(each.entries for each in gone) > 0
        await Grouping(store, window=WINDOW).group_new()
        await store.write(lambda tx: tx.searching.catch_up(limit=1000))
        after = {story.id: story for story in await _stories(store)}
        for story_id, lead in before.items():
            current = await store.read(lambda tx, story_id=story_id: tx.stories.current(story_id))  # type: ignore[misc]
            assert current in after
            assert await store.read(lambda tx, lead=lead: tx.entries.get(lead)) is not None  # type: ignore[misc]
        assert await prune(store, feeds, now=SEEN_AT) == []
        found = await store.read(
            lambda tx: tx.searching.search(SearchQuery(asked=parse("earthquake OR strike OR frog"), limit=100))
        )
        existing = await store.read(lambda tx: tx.entries.several([each.id for each in found.items]))
        assert len(existing) == len(found.items) > 0
    finally:
        await store.aclose()
    assert inspect(database) == []


def _publishers(story: Story) -> int:
    return len({member.entry.publisher for member in story.members})


async def _stories(store: SqliteStore) -> list[Story]:
    page = await store.read(lambda tx: tx.stories.page(StoryQuery(limit=500)))
    whole = await store.read(lambda tx: tx.stories.several([line.id for line in page.items]))
    return list(whole.values())


@pytest.mark.anyio
async def test_entries_of_another_feed_are_not_removed(database: Path) -> None:
    store = await SqliteStore.open(database)
    try:
        entry = await store.read(lambda tx: tx.entries.get(EntryId(1)))
        assert entry is not None
        other = next(feed.id for feed in FEEDS if feed.id != entry.feed_id)
        assert await store.write(lambda tx: tx.entries.remove(FeedId(other), [EntryId(1)])) == 0
        assert await store.read(lambda tx: tx.entries.get(EntryId(1))) is not None
    finally:
        await store.aclose()
