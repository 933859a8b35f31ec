"""`aggregator export`: a copy of the site, served by a server that only hands out files, and crawled."""

import asyncio
import functools
import json
import re
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import feedparser
import pytest
from click.testing import CliRunner, Result

from aggregator.cli.main import main
from aggregator.model.digest import DAILY, Digest, DigestLine, DigestPlan
from aggregator.model.query import EntryQuery
from aggregator.ports import Transaction
from aggregator.services.digest import Digests
from aggregator.services.read import Reader
from aggregator.storage.files.site_folder import LIST, open_site_folder
from aggregator.web.app import create_app
from aggregator.web.export.crawl import Report, SiteExport
from aggregator.web.export.plan import MOST_PAGES
from aggregator.web.pages.digest_lists import DAYS_LISTED
from tests.digest_archive import days_of_digests
from tests.digest_made import SUNDAY, make_digest, whole_digest
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import POLLED, Newsroom, fill, newsroom
from tests.published import make_site
from tests.told import Told, tell

pytestmark = pytest.mark.anyio

SITE = make_site(url="https://site.example/daily/")
PLANS = (DigestPlan(), DigestPlan(name="weekly", title="The week", weekday=0))
HOSTILE = [
    "../../../etc/passwd",
    "/etc/passwd",
    "C:\\con",
    "a\x00b",
    "..",
    "<script>x</script>",
    "%2e%2e%2f",
    "x" * 5000,
]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path, site=SITE) as opened:
        await fill(opened)
        yield opened


async def export(
    room: Newsroom,
    folder: Path,
    *,
    url: str = SITE.url,
    full: bool = False,
    pages: int = MOST_PAGES,
    plans: Sequence[DigestPlan] = PLANS,
) -> Report:
    digests = Digests(room.store, room.clock, SITE.timezone, plans=plans)
    app = create_app(Reader(room.store), digests, room.clock, SITE, live=False)
    with open_site_folder(folder) as files:
        return await SiteExport(app=app, files=files, url=url, full=full, pages=pages).run()


async def seal(room: Newsroom, *digests: Digest) -> None:
    for digest in digests:
        assert await room.store.write(functools.partial(_sealed, digest, room.clock.now()))


def _sealed(digest: Digest, now: datetime, tx: Transaction) -> bool:
    return tx.digests.seal(digest, recipients=(), now=now)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name in {"href", "src", "action"} and value]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Say nothing."""


@contextmanager
def static_server(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def crawled(start: str) -> dict[str, bytes]:
    """Follow every link below `start` from page to page.

    Raises:
        AssertionError: a link leads nowhere, or from the page to the root of the host.
    """
    host, seen, waiting = urlsplit(start).netloc, dict[str, bytes](), [(start, "")]
    connection = HTTPConnection(host, timeout=10)
    while waiting:
        address, beside = waiting.pop()
        if address in seen:
            continue
        assert address.startswith(start), f"{beside} leads out of the folder, to {address}"
        connection.request("GET", urlsplit(address).path)
        answer = connection.getresponse()
        seen[address] = answer.read()
        assert answer.status == 200, f"{beside} leads to {address}, which is not there"
        if address.endswith((".html", "/")):
            for link in Links(seen[address].decode()).links:
                parts = urlsplit(link)
                if not parts.netloc and (parts.path or not parts.fragment):
                    assert not link.startswith("/"), f"{address}: {link} is not relative"
                    waiting.append((urljoin(address, link).partition("#")[0], address))
    connection.close()
    return seen


async def more(room: Newsroom, count: int, *, first: int = 0) -> None:
    entries = [
        make_parsed_entry(f"n{number}", published_at=NOON - timedelta(days=1, minutes=number))
        for number in range(first, first + count)
    ]
    await room.publish("other", *entries)


@pytest.mark.slow
async def test_every_link_of_a_copy_leads_to_a_file_of_it_under_a_sub_path(room: Newsroom, tmp_path: Path) -> None:
    await more(room, 120)
    await seal(room, whole_digest(), make_digest(name="weekly", title="The week", days=7))
    await export(room, tmp_path / "www" / "any" / "where")
    with static_server(tmp_path / "www") as root:
        found = crawled(f"{root}any/where/")
    paths = {urlsplit(address).path.removeprefix("/any/where/") for address in found}
    assert paths >= {
        *("", "index.html", "index.2.html", "stories.html", "stories/1.html", "entries/1.html", "entries/2.html"),
        *("categories/world.html", "categories/world.3.html", "feeds.html", "feeds/arab-news.html", "digests.html"),
        *("digests/2018-09-02.html", "digests.atom", "digests.rss", "digests.json", "digests/weekly.html"),
        *(
            "digests/weekly/2018-09-02.html",
            "digests/weekly.json",
            "static/enhance.js",
            "feed.atom",
            "feed.rss",
            "feed.json",
            "stories/1.atom",
            "feeds/other.json",
        ),
        *("feeds.opml", "feeds/problems.atom", "feeds/other/icon.svg", "static/style.css", "static/favicon.svg"),
    }


async def test_pages_say_no_address_of_the_site_and_load_nothing_from_elsewhere(room: Newsroom, tmp_path: Path) -> None:
    (pictured,) = await room.publish(
        "other", make_parsed_entry("p", text='Text <img src="https://img.example/a.png" alt="A bridge"> more')
    )
    await export(room, tmp_path / "site")
    pages = {name: body.decode() for name, body in contents(tmp_path / "site").items() if name.endswith(".html")}
    assert {name for name, page in pages.items() if "https://site.example" in page} == set()
    assert "A bridge" in pages[f"entries/{pictured}.html"]
    for name, page in pages.items():
        assert name == "404.html" or not re.search(r'="/(?!/)', page), "it leads, or asks, to the root of the host"
        assert not re.search(r'<(?:img|script|link)\b[^>]*(?:src|href)="(?:https?:)?//', page)
        assert "default-src &#39;none&#39;" in page
        assert "frame-ancestors" not in page
        assert "<form" not in page


async def test_documents_say_where_the_copy_is_and_keep_the_ids_of_the_site(room: Newsroom, tmp_path: Path) -> None:
    await export(room, tmp_path / "site", url="https://copy.example/news/")
    files = contents(tmp_path / "site")
    atom = feedparser.parse(files["feed.atom"])  # noqa: TID251 -- bytes of our own
    assert not atom.bozo
    links = {link["rel"]: link["href"] for link in atom.feed.links}
    assert links == {"self": "https://copy.example/news/feed.atom", "alternate": "https://copy.example/news/"}
    assert atom.feed.id == "tag:site.example,2026:feed"
    assert "https://copy.example/news/entries/1.html" in {
        link["href"] for entry in atom.entries for link in entry.links if link["rel"] == "related"
    }
    feed = json.loads(files["categories/world.json"])
    assert feed["feed_url"] == "https://copy.example/news/categories/world.json"
    assert feed["home_page_url"] == "https://copy.example/news/categories/world.html"
    assert b'href="../static/feed.css"' in files["categories/world.atom"]


@pytest.mark.slow
async def test_the_history_of_a_feed_can_be_read_to_its_end(room: Newsroom, tmp_path: Path) -> None:
    await more(room, 180)
    await export(room, tmp_path / "site")
    files, found = contents(tmp_path / "site"), set[tuple[str, str]]()
    for start, relation in (("feed.atom", "prev-archive"), ("feed.rss", "prev-archive"), ("feed.json", "next")):
        name: str | None = start
        while name:
            assert (name, relation) not in found, "it goes round in circles"
            found.add((name, relation))
            text = files[name].decode()
            pattern = r'"next_url": "([^"]*)"' if relation == "next" else r'rel="prev-archive"[^>]*href="([^"]*)"'
            link = re.search(pattern, text)
            assert not link or link[1].startswith(SITE.url)
            name = link[1].removeprefix(SITE.url) if link else None
    assert len(found) > 8


@pytest.mark.slow
async def test_the_end_of_a_copy_leads_to_the_note_and_never_nowhere(room: Newsroom, tmp_path: Path) -> None:
    await more(room, 130)
    await export(room, tmp_path / "site", pages=2)
    files = contents(tmp_path / "site")
    assert b'rel="next" href="search.html"' in files["index.2.html"]
    assert b"Not in this copy" in files["search.html"]
    assert b"next_url" in files["feed.json"]
    assert b"next_url" not in files["feed.2.json"]
    assert {"index.3.html", "feed.3.json"} & files.keys() == set()
    assert not re.search(rb"[?&](after|archive)=", b"".join(files.values()))


@pytest.mark.slow
async def test_a_full_copy_has_all_there_is(room: Newsroom, tmp_path: Path) -> None:
    await more(room, 130)
    await export(room, tmp_path / "site", pages=1, full=True)
    files = contents(tmp_path / "site")
    assert {f"entries/{number}.html" for number in range(1, 134)} <= files.keys()
    assert b'rel="next"' not in files["index.4.html"]


@pytest.mark.slow
async def test_a_copy_has_the_sealed_digests_that_lists_name_and_a_full_one_all(room: Newsroom, tmp_path: Path) -> None:
    days = days_of_digests(DAYS_LISTED + 8)
    await seal(room, *days)
    files = {f"digests/{digest.date}.html" for digest in days}
    listed = {f"digests/{digest.date}.html" for digest in days[:DAYS_LISTED]}
    await export(room, tmp_path / "newest", pages=1)
    newest = contents(tmp_path / "newest")
    assert files & newest.keys() == listed
    assert b'rel="prev" href="../search.html"' in newest[min(listed)]
    assert "digests.2.html" not in newest
    await export(room, tmp_path / "full", pages=1, full=True)
    full = contents(tmp_path / "full")
    assert files < full.keys()
    assert b'rel="next" href="digests.2.html"' in full["digests.html"]
    assert b'rel="prev"' not in full[min(files)]
    assert SUNDAY.isoformat().encode() in full["digests.html"]
    urls, name = list[str](), "digests.json"
    while name:
        document = json.loads(full[name])
        urls += [item["url"].removeprefix(SITE.url) for item in document["items"]]
        name = document.get("next_url", "").removeprefix(SITE.url)
    assert urls == sorted(files, reverse=True)


async def test_a_copy_says_nothing_of_the_running_day_and_its_script_has_nothing_to_ask(
    room: Newsroom, tmp_path: Path
) -> None:
    await seal(room, whole_digest())
    await export(room, tmp_path / "site", full=True)
    files = contents(tmp_path / "site")
    assert b"The running day" in (await room.get("/digests")).content
    assert not {name for name in files if "today" in name or "since" in name or "window" in name}
    pages = {name: body.decode() for name, body in files.items() if name.endswith(".html")}
    for said in (
        "The running day",
        "New since this page",
        "data-since",
        "data-count",
        "connect-src",
        "Top stories within",
    ):
        assert not [name for name, page in pages.items() if said in page], said
    assert "stories-since" not in b"".join(files.values()).decode("utf-8", "replace")
    assert b"?since=" not in b"".join(files.values())
    assert f'href=\\"{SITE.url}digests.html\\">What is new since' in files["digests.json"].decode()
    assert all('src="' in page and "static/enhance.js?v=" in page for page in pages.values())


async def test_an_export_seals_nothing_and_leaves_the_database_as_it_is(room: Newsroom, tmp_path: Path) -> None:
    room.clock.move(timedelta(days=1))
    before = written_down(tmp_path / "news.db")
    await export(room, tmp_path / "site", full=True)
    assert written_down(tmp_path / "news.db") == before
    assert not [name for name in contents(tmp_path / "site") if name.startswith("digests/20")]
    (daily, *_) = await Digests(room.store, room.clock, SITE.timezone).seal_due()
    assert daily.items, "one was due"


def written_down(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as opened:
        return list(opened.iterdump())


async def test_a_digest_whose_name_feeds_yaml_no_longer_has_stays(room: Newsroom, tmp_path: Path) -> None:
    await seal(room, make_digest(name="weekly"))
    await export(room, tmp_path / "site")
    assert "digests/weekly/2018-09-02.html" in contents(tmp_path / "site")
    await export(room, tmp_path / "site", plans=PLANS[:1])
    files = contents(tmp_path / "site")
    assert {"digests/weekly/2018-09-02.html", "digests/weekly.html", "digests/weekly.atom"} <= files.keys()
    assert b"weekly" not in files["digests.html"]


@pytest.mark.slow
async def test_a_second_export_changes_only_what_has_changed(room: Newsroom, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    first = (await export(room, folder)).files
    assert (first.unchanged, first.removed) == (0, 0)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.name != LIST}
    again = (await export(room, folder)).files
    assert (again.written, again.unchanged, again.removed) == (0, first.written, 0)
    assert times == {path: path.stat().st_mtime_ns for path in times}
    await room.publish("arab-news", make_parsed_entry("new"))
    third = (await export(room, folder)).files
    assert 0 < third.written < first.written
    assert "entries/4.html" in contents(folder)


async def test_what_is_no_part_any_more_goes_and_what_entries_were_called_stays(room: Newsroom, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    await export(room, folder)
    await room.configure(make_feed("arab-news", title="Arab News", publisher="Arab News", category="Middle East"))
    report = await export(room, folder)
    assert report.files.removed > 0
    files = contents(folder)
    assert not {name for name in files if "other" in name or "broken" in name or "world" in name}
    assert {"entries/1.html", "entries/3.html", "stories/1.html"} <= files.keys()
    with static_server(folder) as root:
        crawled(f"{root}index.html".removesuffix("index.html"))


async def test_a_story_that_has_merged_leads_to_the_one_it_is_part_of(room: Newsroom, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    await export(room, folder)
    entries = [each.entry.id for each in (await Reader(room.store).entries(EntryQuery(with_copies=True))).items]
    await tell(room.store, Told(id=1, entries=sorted(entries)), merged={2: 1})
    await export(room, folder)
    page = contents(folder)["stories/2.html"].decode()
    assert '<meta http-equiv="refresh" content="0; url=1.html">' in page
    assert '<a href="1.html">' in page


async def test_s12_hostile_names_stay_below_the_folder(room: Newsroom, tmp_path: Path) -> None:
    await room.configure(
        *(
            make_feed(f"feed-{number}", title=text, publisher=text, category=text.replace("\x00", ""))
            for number, text in enumerate(HOSTILE)
        )
    )
    for number, text in enumerate(HOSTILE):
        await room.publish(f"feed-{number}", make_parsed_entry(f"h{number}", guid=text, headline=text))
        await room.poll(f"feed-{number}", POLLED)
    folder = tmp_path / "deep" / "site"
    await export(room, folder)
    files = contents(tmp_path)
    assert all(
        re.fullmatch(r"news\.db\S*|deep/site/(?:[a-z0-9][a-z0-9._-]*/)*[a-z0-9.][a-z0-9._-]*", name) for name in files
    )
    with static_server(folder) as root:
        assert len(crawled(root)) > 50


async def test_404_html_works_at_any_depth_of_the_address_it_was_made_for(room: Newsroom, tmp_path: Path) -> None:
    await export(room, tmp_path / "site", url="https://copy.example/sub/")
    page = contents(tmp_path / "site")["404.html"].decode()
    links = [link for link in Links(page).links if not link.startswith("#")]
    assert links
    assert all(link.startswith("/sub/") for link in links)
    assert contents(tmp_path / "site")["robots.txt"] == b"User-agent: *\nDisallow:\n"


async def test_a_page_that_breaks_leaves_the_last_one_in_place_and_is_reported(
    room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "site"
    await export(room, folder)
    before = contents(folder)["digests.html"]

    async def broken(digests: Digests, name: str, *, before: date | None = None, limit: int) -> tuple[DigestLine, ...]:
        if name == DAILY and limit > 1:
            raise RuntimeError("no day")
        return await lines(digests, name, before=before, limit=limit)

    lines = Digests.lines
    monkeypatch.setattr(Digests, "lines", broken)
    report = await export(room, folder)
    assert report.failed == ("/digests",)
    assert contents(folder)["digests.html"] == before
    assert "digests/weekly.html" in contents(folder), "what that page leads to is there as well"


class Exporter:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str) -> Result:
        files = ["--config", str(self.folder / "feeds.yaml"), "--database", str(self.folder / "news.db")]
        return CliRunner().invoke(main, [*files, "export", *arguments])


@pytest.fixture
def exporter(tmp_path: Path) -> Exporter:
    (tmp_path / "feeds.yaml").write_text(
        "site:\n  url: https://site.example/\nfeeds:\n  - url: https://news.example/rss.xml\n", encoding="utf-8"
    )
    return Exporter(tmp_path)


async def fill_database(folder: Path) -> None:
    async with newsroom(folder) as room:
        await fill(room)


@pytest.mark.slow
def test_the_command_says_what_it_did(exporter: Exporter, tmp_path: Path) -> None:
    asyncio.run(fill_database(tmp_path))
    folder = str(tmp_path / "www")
    first = exporter(folder)
    assert first.exit_code == 0, first.output
    assert re.fullmatch(rf"{re.escape(folder)}: \d+ written, 0 unchanged, 0 removed\n", first.stdout)
    assert re.search(r": 0 written, \d+ unchanged, 0 removed\n", exporter(folder).stdout)
    moved = exporter(folder, "--url", "https://copy.example/x", "--full")
    assert moved.exit_code == 0, moved.output
    assert b"https://copy.example/x/feed.atom" in (tmp_path / "www" / "feed.atom").read_bytes()


def test_the_command_names_what_it_could_not_write(
    exporter: Exporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(digests: Digests, name: str, *, before: date | None = None, limit: int) -> tuple[DigestLine, ...]:
        if name == DAILY and limit > 1:
            raise RuntimeError("no day")
        return await lines(digests, name, before=before, limit=limit)

    asyncio.run(fill_database(tmp_path))
    lines = Digests.lines
    monkeypatch.setattr(Digests, "lines", broken)
    done = exporter(str(tmp_path / "www"))
    assert done.exit_code == 1
    assert "/digests could not be written\n" in done.stderr
    assert (tmp_path / "www" / "index.html").exists()


def test_the_command_refuses_what_it_can_t_do(exporter: Exporter, tmp_path: Path) -> None:
    done = exporter(str(tmp_path / "www"))
    assert (done.exit_code, done.stderr) == (
        2,
        f"{tmp_path / 'news.db'}: there is no database yet; `aggregator poll` makes it and fills it\n",
    )
    (tmp_path / "news.db").touch()
    for url in (
        "ftp://copy.example/",
        "copy.example",
        "https://",
        "https://copy.example/?a=b",
        "https://[x/",
        "https://a b/",
    ):
        done = exporter(str(tmp_path / "www"), "--url", url)
        assert done.exit_code == 2, url
        assert "--url" in done.stderr
    assert not (tmp_path / "www").exists()
    done = exporter(str(tmp_path))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is not empty, and no earlier export" in done.stderr
