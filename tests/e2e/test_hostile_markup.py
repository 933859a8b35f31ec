"""Payloads in every text and address of feeds, through the whole program, opened in a real browser: nothing runs.

The program polls feeds of `tests/payloads.py` on loopback and serves them as a process of its own. Its pages are opened in frames,
many at once, below a page that stands in for the site's policy: with it, and without any. Chromium can resolve no name, so what
is asked elsewhere is counted and goes nowhere. A first test shows that the trap would catch: the same frames with bare attacks.

XSS_PAYLOADS=all tries all of them (minutes), else a sample.
"""

import asyncio
import json
import re
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from urllib.parse import quote
from zipfile import ZipFile

import feedparser
import lxml.etree
import lxml.html
import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, Route, sync_playwright

from aggregator.model.digest import DAILY
from aggregator.publish.digest_html import STYLE
from aggregator.web.headers import ALWAYS
from tests.integration.conftest import Program
from tests.integration.test_commands import end, serve, wait_for
from tests.loopback import Answer, LoopbackServer
from tests.mail_server import MailServer
from tests.payloads import COLLECTION, FORMATS, feeds, payloads

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine; apt-get install chromium brings it"),
    pytest.mark.skipif(not COLLECTION.exists(), reason="the payload list lies in ../shared, which is not here"),
]

OUR_STYLES = STYLE + files("aggregator.publish").joinpath("templates/mail.css").read_text("utf-8")
BROKEN, GONE, TORN = "/broken.html", "/gone.html", "/torn.rss"
"""What is said of feeds that fail is published, too."""
AT_ONCE = 40
"""Frames on one page: each is a document of its own, and costs a tenth of what a navigation does."""

WATCH = """
window.ran = (what) => { top.caught = (top.caught || []).concat(what); };
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) window[name] = (...said) => window.ran([name, ...said].join(' '));
document.addEventListener('securitypolicyviolation', (event) => { top.stopped = (top.stopped || 0) + 1; });
"""
"""What payloads call to show that they ran; kept in every frame before anything of its page runs."""

OPEN_IN_FRAMES = r"""async ([paths, withPolicy]) => {
    const schemes = /^(?:javascript|data|vbscript|blob|file)\s*:/i;
    const addresses = ['href', 'src', 'action', 'formaction', 'data', 'poster', 'background', 'cite', 'xlink:href', 'srcset', 'ping', 'to', 'values', 'from'];
    const refused = 'iframe, frame, object, embed, applet, base, style, math, template, meta[http-equiv=refresh], link[rel=import], foreignObject, animate, set, audio, video';
    const faults = [];
    const look = (path, found) => {
        const report = (what, node) => faults.push(`${path}: ${what}: ${node.outerHTML.slice(0, 200)}`);
        found.querySelectorAll(refused).forEach(node => report('element', node));
        found.querySelectorAll('script').forEach(node => report('script', node));
        found.querySelectorAll('form').forEach(node => node.method === 'dialog' || new URL(node.action, top.location.href).origin === top.location.origin || report('form', node));
        for (const node of found.querySelectorAll('*')) for (const {name, value} of node.attributes) {
            if (name.startsWith('on')) report(name, node);
            const bare = value.replace(/[\u0000-\u0020]+/g, '');
            if (addresses.includes(name) && schemes.test(bare)) report(name, node);
        }
    };
    const opened = await Promise.all(paths.map(async path => {
        const answer = await fetch(path);
        // Our own style sheet and script would be asked for by each of thousands of frames.
        let text = (await answer.text()).replace(/<link rel="stylesheet" [^>]*>|<script src="[^"]*static\/[^"]*" defer><\/script>|<link rel="icon" [^>]*>/g, '');
        if (!withPolicy) text = text.replace(/<meta http-equiv="content-security-policy"[^>]*>/, '');
        const frame = document.createElement('iframe');
        const loaded = new Promise(done => frame.addEventListener('load', done));
        frame.srcdoc = text;
        document.body.append(frame);
        await loaded;
        return [path, frame, answer.status];
    }));
    await new Promise(done => setTimeout(done, 30));
    for (const [path, frame, status] of opened) {
        const within = frame.contentDocument;
        if (!within || within.location.href !== 'about:srcdoc') faults.push(`${path}: went elsewhere`);
        else if (status === 200 && !within.querySelector('main, .attack')) faults.push(`${path}: is no page`);
        else look(path, within);
        if (status !== 200 && status !== 400) faults.push(`${path}: HTTP ${status}`);
        frame.remove();
    }
    return [faults, window.caught || [], window.stopped || 0];
}"""

ATTACKS = [
    "<script>alert('script')</script>",
    "<img src=x onerror=\"alert('handler')\">",
    '<svg onload="alert(1)"></svg>',
    '<a href="javascript:alert(1)">x</a>',
    '<img src="https://evil.example/pixel">',
    "<iframe src='data:text/html,x'></iframe>",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileSite:
    """A site of payloads, served by the program."""

    url: str
    program: Program
    files: Path
    """What it wrote besides: `exported`, and the digests as `letters`, `pages` and `books`."""

    @property
    def database(self) -> Path:
        return self.program.database

    def ask(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            body: bytes = answer.read()
        return body

    def numbers(self, table: str) -> list[int]:
        with closing(sqlite3.connect(self.database)) as connection:
            return [number for (number,) in connection.execute(f"SELECT id FROM {table} ORDER BY id")]

    def entries_of(self, kind: str) -> list[int]:
        """List the entries of all feeds in a format."""
        with closing(sqlite3.connect(self.database)) as connection:
            asked = "SELECT id FROM entries WHERE feed_id LIKE ? ORDER BY id"
            return [number for (number,) in connection.execute(asked, [f"%-{kind}"])]

    def feed_ids(self) -> list[str]:
        with closing(sqlite3.connect(self.database)) as connection:
            return [name for (name,) in connection.execute("SELECT id FROM feeds ORDER BY id")]

    def following(self, path: str) -> Iterator[str]:
        """Name a list's pages, from the first to the last."""
        where: str | None = path
        while where is not None:
            yield where
            found = re.search(rb'rel="next" href="([^"]+)"', self.ask(where))
            where = found[1].decode().replace("&amp;", "&").removeprefix("http://localhost:8000") if found else None

    def lists(self) -> list[str]:
        """Name every page that shows many."""
        firsts = ["/", "/stories", "/feeds", "/categories/world", *(f"/feeds/{name}" for name in self.feed_ids())]
        pages = [page for first in firsts for page in self.following(first)]
        return [*pages, "/digests", "/digests/today", *self.digests()]

    def digests(self) -> list[str]:
        """Name the pages of sealed digests."""
        with closing(sqlite3.connect(self.database)) as connection:
            sealed = connection.execute("SELECT name, date FROM digests ORDER BY name").fetchall()
        return [f"/digests/{date}" if name == DAILY else f"/digests/{name}/{date}" for name, date in sealed]

    def written(self, kind: str) -> list[str]:
        """Name the files of a kind, as the trap serves them."""
        found = [file.relative_to(self.files).as_posix() for file in (self.files / kind).rglob("*.*html")]
        return [f"/__files/{name}" for name in sorted(found)]


def settings(addresses: Mapping[str, str], *, ended: datetime, mail_port: int) -> str:
    """Write a feeds.yaml: every ninth feed has a digest of its own, which shows more of it, and each is mailed."""
    names = {path: path[1:].replace(".", "-") for path in addresses}
    feeds = "".join(
        f"  - {{url: '{url}', id: {names[path]}, category: World, tags: [only-{names[path]}]}}\n"
        for path, url in addresses.items()
    )
    at, to = f"time: '{ended:%H:%M}'", "recipients: [ann@example.org]"
    digests = "".join(
        f"  - {{name: of-{name}, tags: [only-{name}], {at}, {to}}}\n"
        for name in [*list(names.values())[::9], "0-atom", "0-json"]
    )
    return (
        "polling: {host_gap: 0s, websub: off}\naccess: {searches: 0}\ndefaults: {allow_private_address: true}\n"
        f"mail: {{host: 127.0.0.1, port: {mail_port}, security: none, sender: digest@news.example}}\n"
        f"digest: {{{at}, {to}}}\ndigests:\n{digests}feeds:\n{feeds}"
    )


async def polled(program: Program, told: Sequence[str], now: datetime, letters: Path) -> None:
    """Poll all feeds, make their digests, and keep the letters that come."""
    documents = feeds(told, now - timedelta(hours=1))
    async with MailServer() as post, LoopbackServer() as publisher:
        for path, (media_type, body) in documents.items():
            publisher.answers[path] = Answer(body=body, headers={"Content-Type": media_type})
        page = f"<html><title>{told[0]}</title>{''.join(told)}</html>".encode("utf-8", "replace")
        headers = {"Content-Type": f"text/html; {told[-1]!r}"}
        publisher.answers[BROKEN] = Answer(body=page, headers=headers)
        publisher.answers[GONE] = Answer(status=410, body=page, headers=headers)
        publisher.answers[TORN] = Answer(
            body=documents["/0.rss"][1][:-10], headers={"Content-Type": "application/rss+xml"}
        )
        addresses = {path: publisher.url(path) for path in publisher.answers}
        ended = now - timedelta(minutes=30)
        program.config.write_text(settings(addresses, ended=ended, mail_port=post.port))
        arguments = program.command("poll", "--all")
        done = await asyncio.to_thread(subprocess.run, arguments, capture_output=True, text=True, check=False)
        assert done.returncode == 1, "what is broken, and what is gone, is said"
        assert "Traceback" not in done.stderr
        for number, taken in enumerate(post.taken):
            letter = taken.message.get_body(("html",))
            assert letter is not None
            (letters / f"{number}.html").write_text(letter.get_content(), "utf-8")


def write_digests(site: HostileSite) -> None:
    """Have the newest digests written as pages and as books, and open the books."""
    names = {path.split("/")[2] if path.count("/") == 3 else DAILY for path in site.digests()}
    for name in sorted(names):
        book, page = site.files / f"{name}.epub", site.files / "pages" / f"{name}.html"
        for output in (book, page):
            done = site.program.run("digest", "--name", name, "--output", str(output))
            assert done.returncode == 0, done.stderr
        with ZipFile(book) as packed:
            packed.extractall(site.files / "books" / name)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileSite]:
    folder = tmp_path_factory.mktemp("payloads")
    program = Program(config=folder / "feeds.yaml", database=folder / "news.db")
    now = datetime.now(UTC)  # noqa: TID251 -- the program that is started reads the clock, too
    told = payloads()
    for kind in ("letters", "pages", "books"):
        (folder / "files" / kind).mkdir(parents=True)
    polling = polled(program, told, now, folder / "files" / "letters")
    with ThreadPoolExecutor(1) as thread:  # in the main one Playwright runs a loop
        thread.submit(asyncio.run, polling).result()
    process, url = serve(program, "--no-poll")
    try:
        wait_for(url, "</html>")
        found = HostileSite(url=url, program=program, files=folder / "files")
        assert len(found.numbers("entries")) >= 0.95 * 3 * len(set(told)), "feeds are read, not refused"
        write_digests(found)
        yield found
    finally:
        log = end(process)
        assert process.returncode == 0, log
        assert "Traceback" not in log, log[-3000:]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Containers have no user namespaces for Chromium's own sandbox. No name can be resolved, so nothing is asked outside.
        running = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        )
        yield running
        running.close()


def without_ours(style: re.Match[str]) -> str:
    """Leave a style sheet out that is ours to the letter."""
    return "" if style[1].strip() in OUR_STYLES else style[0]


@dataclass
class Trap:
    """A page on the site's origin that opens others in frames, and notes all that they do."""

    page: Page
    site: HostileSite
    with_policy: bool
    outside: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    stopped: int = 0

    def __post_init__(self) -> None:
        self.page.add_init_script(WATCH)
        self.page.on("request", self._note)
        self.page.on("dialog", self._dismiss)
        # Images of third parties go through the service, which would ask for them: that has tests of its own.
        self.page.context.route(re.compile(r"/media/|/feeds/[^/]+/icon"), lambda route: route.fulfill(status=404))
        self.page.context.route(re.compile(r"^http://[^/]+/__"), self._answer)

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self.site.url + "/", "about:", "http://localhost:8000/static/")):
            self.outside.append(request.url)

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _answer(self, route: Route) -> None:
        name = route.request.url.split("/__", 1)[1]
        if name == "frames":
            policy = {"content-security-policy": ALWAYS["content-security-policy"]} if self.with_policy else {}
            route.fulfill(body="<!doctype html><title>frames</title>", content_type="text/html", headers=policy)
        elif name.startswith("attack/"):
            route.fulfill(body=f"<main class=attack>{ATTACKS[int(name[7:])]}</main>", content_type="text/html")
        else:
            # Letters and chapters of books have nothing by which the frames know a page of this site.
            text = (self.site.files / name.removeprefix("files/")).read_text("utf-8")
            text = re.sub("<style>(.*?)</style>", without_ours, text, flags=re.DOTALL)
            route.fulfill(body=f"{text}<i class=attack></i>", content_type="text/html")

    def open(self, paths: Sequence[str]) -> tuple[list[str], list[str]]:
        """Open pages; say what is wrong with their documents, and what ran."""
        faults: list[str] = []
        caught: list[str] = []
        for start in range(0, len(paths), AT_ONCE):
            self.page.goto(self.site.url + "/__frames")
            wrong, ran, stopped = self.page.evaluate(OPEN_IN_FRAMES, [paths[start : start + AT_ONCE], self.with_policy])
            faults, caught, self.stopped = faults + wrong, caught + ran, self.stopped + stopped
        return faults, caught

    def assert_quiet(self, paths: Sequence[str]) -> None:
        assert paths
        assert self.open(paths) == ([], [])
        assert self.outside == []
        assert self.dialogs == []


@pytest.fixture(params=[False, True], ids=["without policy", "with policy"])
def trap(browser: Browser, site: HostileSite, request: pytest.FixtureRequest) -> Iterator[Trap]:
    context = browser.new_context(service_workers="block")
    yield Trap(context.new_page(), site, request.param)
    context.close()


def test_the_trap_catches_what_runs_and_the_policy_stops_it(trap: Trap) -> None:
    faults, caught = trap.open([f"/__attack/{number}" for number in range(len(ATTACKS))])
    assert len(faults) >= 5
    if trap.with_policy:
        assert caught == []
        assert trap.stopped >= 3, "the browser names even requests that the policy then stops"
    else:
        assert {"alert script", "alert handler", "alert 1"} <= set(caught)
        assert "https://evil.example/pixel" in trap.outside


@pytest.mark.parametrize("kind", FORMATS)
def test_s5_a16_no_payload_does_anything_on_the_page_of_its_entry(trap: Trap, site: HostileSite, kind: str) -> None:
    trap.assert_quiet([f"/entries/{number}" for number in site.entries_of(kind)])


def test_s5_a16_no_payload_does_anything_on_the_page_of_its_story(trap: Trap, site: HostileSite) -> None:
    trap.assert_quiet([f"/stories/{number}" for number in site.numbers("stories")])


def test_s5_a16_no_payload_does_anything_in_any_list(trap: Trap, site: HostileSite) -> None:
    trap.assert_quiet(site.lists())


def test_s5_a16_no_payload_does_anything_where_it_is_searched_for_or_found(trap: Trap) -> None:
    searched = [f"/search?q={quote(payload[:250])}" for payload in payloads()]
    words = ["alert", "script", "javascript", "img", "onerror", "src", "svg", '"text"', "href", "xss", "evil"]
    trap.assert_quiet([*searched, *(f"/search?q={quote(word)}" for word in words)])


BAD_TAGS = {"script", "style", "iframe", "object", "embed", "applet", "form", "svg", "math", "base", "meta", "link"}
SCHEME = re.compile(r"[\x00-\x20]*(?:j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t|data|vbscript)\s*:", re.IGNORECASE)


def faults_in(markup: str) -> list[str]:
    """Judge published HTML by a parser that is not ours."""
    if not markup.strip():
        return []
    found = []
    for node in lxml.html.fragment_fromstring(markup, create_parent="div").iter():
        if node.tag in BAD_TAGS:
            found.append(f"<{node.tag}>")
        found += [
            f"{name}={value}" for name, value in node.attrib.items() if name.startswith("on") or SCHEME.match(value)
        ]
    return found


LISTS = {
    **dict.fromkeys(("/feed", "/stories", "/categories/world", *(f"/feeds/0-{kind}" for kind in FORMATS)), 10),
    **dict.fromkeys(("/search", "/digests", "/digests/of-0-rss", "/stories/1"), 1),
    "/feeds/problems": 0,  # a title and a link each
}
"""Path of what has three documents -> texts of others in them, at least."""


@pytest.mark.parametrize("path", LISTS)
def test_s5_a16_our_own_feeds_carry_nothing_that_acts_or_addresses_anything_but_the_web(
    site: HostileSite, path: str
) -> None:
    rss, atom = (lxml.etree.fromstring(site.ask(f"{path}.{kind}?q=alert")) for kind in ("rss", "atom"))
    written = [node.text or "" for node in (*rss.iter("{*}description"), *rss.iter("{*}encoded"))]
    written += [node.text or "" for node in atom.iter("{*}content", "{*}summary") if node.get("type") == "html"]
    items = json.loads(site.ask(f"{path}.json?q=alert"))["items"]
    written += [item.get("content_html", "") for item in items]
    assert items
    assert len(written) >= LISTS[path]
    assert [(fault, text) for text in written for fault in faults_in(text)] == []
    addresses = [node.text or "" for node in rss.iter("link", "comments", "url")]
    for node in (*rss.iter(), *atom.iter()):
        addresses += [str(value) for name, value in node.attrib.items() if name in {"href", "url", "src", "uri"}]
    addresses += [node.text or "" for node in atom.iter("{*}uri", "{*}icon", "{*}logo")]
    addresses += [
        item[name] for item in items for name in ("url", "external_url", "image", "banner_image") if name in item
    ]
    addresses += [each["url"] for item in items for each in item.get("attachments", [])]
    assert len(addresses) >= LISTS[path]
    assert [each for each in addresses if not each.startswith(("http://", "https://"))] == []


UNKNOWN_TO_IT = {f"<{name}" for name in ("bdi", "bdo", "mark", "rp", "rt", "ruby", "summary", "wbr")}
"""What it takes out though it does nothing: most of it came to HTML after that list was made."""


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_s5_the_sanitiser_of_another_reader_finds_nothing_to_take_out_of_our_feed(site: HostileSite, kind: str) -> None:
    body = site.ask(f"/feed.{kind}")

    def tags(*, sanitised: bool) -> list[list[str]]:
        parsed = feedparser.parse(BytesIO(body), sanitize_html=sanitised, resolve_relative_uris=False)  # noqa: TID251 -- the oracle
        return [
            [tag for tag in re.findall(r"<[a-z][a-z0-9]*", each.value) if tag not in UNKNOWN_TO_IT]
            for entry in parsed.entries
            for each in entry.get("content", [])
        ]

    assert tags(sanitised=True)
    assert tags(sanitised=True) == tags(sanitised=False)


def test_s5_a16_no_payload_does_anything_in_the_site_as_files(trap: Trap, site: HostileSite) -> None:
    # Thousands of pages take minutes, more than other commands are waited for.
    command = site.program.command("export", str(site.files / "exported"))
    subprocess.run(command, check=True, capture_output=True, timeout=3600)
    pages = site.written("exported")
    assert len(pages) > 50
    trap.assert_quiet(pages)


@pytest.mark.parametrize("kind", ["letters", "pages", "books"])
def test_s5_a16_no_payload_does_anything_in_a_digest_as_letter_page_or_book(
    trap: Trap, site: HostileSite, kind: str
) -> None:
    pages = site.written(kind)
    assert len(pages) >= len(site.digests()) > 3
    trap.assert_quiet(pages)


def test_s5_a16_the_list_of_feeds_for_other_readers_is_well_formed_and_leads_to_the_web_alone(
    site: HostileSite,
) -> None:
    outlines = [node for node in lxml.etree.fromstring(site.ask("/feeds.opml")).iter("outline") if node.get("type")]
    assert len(outlines) == len(site.feed_ids())
    written = [(str(name), str(value)) for node in outlines for name, value in node.attrib.items()]
    assert [each for each in written if each[0].endswith("Url") and not each[1].startswith("http")] == []
    assert not [each for each in written if each[0] not in {"text", "title", "description"} and SCHEME.match(each[1])]
