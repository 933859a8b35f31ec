"""What reads what others write, and what each of them promises: a document, feeds.yaml, a list, a search, a request, lines."""

import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote_from_bytes

from aggregator.config.read import decoded
from aggregator.config.read import parse as parse_configuration
from aggregator.errors import ConfigurationError, InputError, UserError
from aggregator.feeds.opml import FeedList
from aggregator.feeds.opml import read as read_opml
from aggregator.feeds.parse import parse_document
from aggregator.feeds.wire import pack_outcome, unpack_outcome
from aggregator.model.feed import Document, ParsedFeed
from aggregator.services.replay import replay
from aggregator.text.search_language import parse as parse_search
from aggregator.web.app import routes
from benchmarks.asking import Site, running_site
from benchmarks.formats import FORMATS
from benchmarks.hostile_requests import request_of
from benchmarks.mutations import Mutate, mutated, mutated_json, mutated_lines
from benchmarks.news import Newspaper

MOST_BYTES: Final = 60_000
"""Of a seed: mutations of small inputs are many, and find the same."""
ROOT: Final = Path(__file__).resolve().parents[1]

Read = Callable[[bytes], None]
"""Reads one input, and raises what it did not announce."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that reads."""

    read: Read
    seeds: Sequence[bytes]
    mutate: Mutate = mutated
    complaints: Callable[[], str] = lambda: ""
    """What it wrote down of faults meanwhile."""


def read_document(body: bytes) -> None:
    """Read a feed as a worker does; what comes out must survive the way back, and hold only addresses of the web.

    Raises:
        AssertionError: an address of another kind came out, or the outcome changed on its way.
    """
    outcome = parse_document(Document(body=body, url="http://news.example/feed"))
    assert unpack_outcome(pack_outcome(outcome)) == outcome
    if isinstance(outcome, ParsedFeed):
        for entry in outcome.entries:
            addresses = (entry.url, entry.image_url, entry.comments_url, *(file.url for file in entry.enclosures))
            assert all(each is None or each.startswith(("http://", "https://")) for each in addresses), addresses
            entry.headline.encode()
            entry.content.encode()


def read_configuration(content: bytes) -> None:
    """Read feeds.yaml; everything may be wrong with it, as long as a person is told what, and where.

    Raises:
        AssertionError: a problem has no place, or more than one line.
    """
    path = Path("feeds.yaml")
    try:
        configuration = parse_configuration(decoded(content, path), file=str(path))
    except ConfigurationError as error:
        problems = error.problems
    else:
        feeds = configuration.enabled_feeds()
        assert len({feed.id for feed in feeds}) == len(feeds)
        assert all(plan.name for plan in configuration.digest_plans)
        return
    assert problems
    for problem in problems:
        assert problem.line >= 1, problem
        assert re.fullmatch(r"feeds\.yaml:[0-9]+:[0-9]+: [^\n]+", str(problem)), problem
        str(problem).encode()


def read_list(body: bytes) -> None:
    """Read a subscription list; what comes out can be written into feeds.yaml, and each outline that does not has its line.

    Raises:
        AssertionError: otherwise.
    """
    found = read_opml(body)
    if not isinstance(found, FeedList):
        assert found.message
        return
    for feed in found.feeds:
        assert feed.url.startswith(("http://", "https://")), feed
        assert feed.line >= 1, feed
        " ".join((feed.url, feed.title, feed.category, *feed.tags, feed.language or "")).encode()
    assert all(each.line >= 1 and each.reason for each in found.passed_over), found.passed_over


def read_lines(content: bytes) -> None:
    """Group the entries of a file; a line that can't be read is named, and else each has its answer.

    Raises:
        AssertionError: otherwise.
    """
    text = content.decode("utf-8", "replace")
    given = sum(bool(line.strip()) for line in io.StringIO(text))
    try:
        answers = list(replay(io.StringIO(text), file="entries.jsonl", window=timedelta(hours=48)))
    except InputError as error:
        if re.match(r"entries\.jsonl:[0-9]+: ", str(error)):
            return
        raise
    assert len(answers) == given
    assert all({"id", "copy_of", "story", "related"} == json.loads(answer).keys() for answer in answers)


def read_search(site: Site, text: bytes) -> None:
    """Take a search apart, and ask a site for it, in every form."""
    with suppress(UserError):
        parse_search(text.decode("utf-8", "replace")[:400])
    asked = quote_from_bytes(text[:400]).encode()
    for target in (b"search?q=%s", b"search?sort=newest&q=%s", b"search.json?q=%s"):
        site.ask(target % asked)


def sown(folder: Path | None, pattern: str, own: Sequence[bytes]) -> list[bytes]:
    """Collect seeds: our own, and the files of a folder that are not too long."""
    files = sorted(folder.glob(pattern)) if folder else []
    return [*own, *(file.read_bytes() for file in files if file.is_file() and file.stat().st_size <= MOST_BYTES)]


def documents(*names: str) -> list[bytes]:
    """Write a feed of each format, or of those named."""
    paper = Newspaper(1, seed=1)
    wanted = [write for name, (write, _) in FORMATS.items() if not names or name in names]
    return [write(paper, paper.articles(0)[:5], "http://127.0.0.2/feed") for write in wanted]


SEARCHES: Final = (
    *(
        b"iraq military",
        b'"military chiefs" -syria',
        b"site:arab-news after:2018-09-01 before:2019",
        b"(iraq OR iran) NOT golf",
    ),
    *(b"publisher:'Other' category:World title:idlib*", "بغداد 中文 news".encode(), b"author:reuters OR -x"),
)
LISTS: Final = (
    (
        b'<?xml version="1.0"?>\n<opml version="2.0"><head><title>Mine</title></head><body>\n<outline text="News">\n'
        b'<outline type="rss" text="A &amp; B" xmlUrl="https://a.example/feed" category="/x/y,z" language="en"/>\n'
        b'<outline type="include" text="More" url="https://b.example/list.opml"/></outline>\n'
        b'<outline title="C" xmlurl="feed://c.example/"/></body></opml>\n'
    ),
)
LINES: Final = (
    "".join(
        json.dumps(
            {
                "id": str(number) if number % 3 else number,
                "title": ("Iraq hosts military chiefs", "Golf: a new champion", "Trains stand still")[number % 3],
                "summary": f"Report {number} of what happened in Baghdad on Sunday.",
                "url": f"https://a.example/{number}",
                "publisher": f"Paper {number % 4}",
                "timestamp": 1_535_900_000 + number * 3_600.5,
            }
        )
        + "\n"
        for number in range(12)
    ).encode(),
)
CLOSED: Final = (
    "access:\n  mode: password\n"
    "  password_hash: scrypt:15:8:3:_Iz0fPqiFZzehO-urHla0A==:2K6hSVz24DVs3h055AIZmt0R1Rm0pO0aPIeyXtHvjVQ=\n"
    "  feed_token: feed-token-feed-token\n"
)


def configurations() -> list[bytes]:
    """Give the file that we ship, and all examples of the documents."""
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    examples = (each.partition("```")[0].encode() for each in text.split("```yaml\n")[1:])
    return [(ROOT / "feeds.yaml").read_bytes(), *examples]


def _document(folder: Path | None) -> Target:
    return Target(read=read_document, seeds=sown(folder, "feeds/*", documents()))


def _json_feed(_folder: Path | None) -> Target:
    return Target(read=read_document, seeds=documents("json"), mutate=mutated_json)


def _configuration(_folder: Path | None) -> Target:
    return Target(read=read_configuration, seeds=configurations())


def _list(folder: Path | None) -> Target:
    return Target(read=read_list, seeds=sown(folder, "opml/*", LISTS))


def _lines(_folder: Path | None) -> Target:
    return Target(read=read_lines, seeds=LINES, mutate=mutated_lines)


QUIET: Final[dict[str, Callable[[Path | None], Target]]] = {
    "documents": _document,
    "jsonfeed": _json_feed,
    "configuration": _configuration,
    "lists": _list,
    "lines": _lines,
}
"""What reads in this process."""


def _search(site: Site) -> Target:
    return Target(read=partial(read_search, site), seeds=SEARCHES, complaints=site.complaints)


def _address(site: Site) -> Target:
    return Target(read=site.ask, seeds=[each.encode() for each in site.paths], complaints=site.complaints)


def _request(site: Site) -> Target:
    made = request_of([route.path for route in routes()])
    return Target(read=site.send, seeds=(), mutate=made, complaints=site.complaints)


SERVED: Final[dict[str, tuple[Callable[[Site], Target], str]]] = {
    "searches": (_search, ""),
    "addresses": (_address, ""),
    "requests": (_request, ""),
    "closed": (_request, CLOSED),
}
"""What a running site reads, and what stands in its feeds.yaml besides feeds."""
NAMES: Final = (*QUIET, *SERVED)


@contextmanager
def opened(name: str, folder: Path | None, *, feeds: int = 8) -> Iterator[Target]:
    """Open what reads inputs of a name. `folder` has real documents and lists; a site has this many feeds."""
    if name in QUIET:
        yield QUIET[name](folder)
        return
    target, settings = SERVED[name]
    with running_site(feeds, settings=settings) as site:
        yield target(site)
