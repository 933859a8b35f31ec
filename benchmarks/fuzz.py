"""Mutated inputs against everything that reads what others write: documents, feeds.yaml, searches, requests.

    python -m benchmarks.fuzz --minutes 5 --seeds ../shared/data [--targets documents,configuration,searches,requests]

Every target gets its share of the time. An input that makes a target raise what it does not announce, take longer than a worker
may, or answer 5xx is kept in --findings as a file of its own, with what happened beside it. Inputs are the seeds and generated
feeds, changed byte by byte, cut, repeated, crossed with one another, and sown with words that parsers mind. What is found
becomes a test of its own; the same --seed finds it again.
"""

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

from aggregator.config.read import parse as parse_configuration
from aggregator.errors import UserError
from aggregator.feeds.parse import parse_document
from aggregator.feeds.wire import pack_outcome, unpack_outcome
from aggregator.model.feed import Document, ParsedFeed
from aggregator.text.search_language import parse as parse_search
from benchmarks.asking import Site, running_site
from benchmarks.formats import FORMATS
from benchmarks.news import Newspaper

DEADLINE: Final = 5
"""Seconds: what a worker may take (`aggregator.parse_pool`)."""
MOST_BYTES: Final = 60_000
"""Of a seed: mutations of small inputs are many, and find the same."""

WORDS: Final = (
    *(
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<!DOCTYPE x [",
        b"<!ENTITY a 'b'>",
        b"&a;",
        b"&#0;",
        b"&#xD800;",
        b"&#x110000;",
    ),
    *(
        b"<?xml version='1.0' encoding='utf-16'?>",
        b"xml:base='//['",
        b"xmlns:x='u'",
        b"<x:",
        b"</",
        b"/>",
        b"\x00",
        b"\xff\xfe",
    ),
    *(
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"http://[",
        b"javascript:",
        b"9" * 400,
        b"-1",
        b"1e999",
        b"NaN",
        b"null",
        b"[",
        b"{",
    ),
    *(
        b'"',
        b"'",
        b"\r\n\r\n",
        b"\t",
        b": ",
        b"- ",
        b"*a",
        b"&a ",
        b"!!python/object",
        b"%00",
        b"%",
        b"OR",
        b"NOT ",
        b"site:",
        b"(",
    ),
    *(
        "\u202e".encode(),
        "\u2028".encode(),
        "e\u0301".encode(),
        "\U0010ffff".encode(),
        b"9999-99-99",
        b"0000-00-00T00:00:00Z",
    ),
)

Target = Callable[[bytes], None]


def mutated(random: Random, seeds: Sequence[bytes]) -> bytes:
    """Make an input out of one or two of the seeds, by one to eight changes."""
    found = bytearray(random.choice(seeds))
    for _ in range(random.randint(1, 8)):
        at = random.randint(0, len(found))
        end = min(len(found), at + int(random.expovariate(1 / 40)))
        match random.randrange(7):
            case 0:
                del found[at:end]
            case 1:
                found[at:at] = random.choice(WORDS)
            case 2:
                found[at:end] = random.randbytes(min(8, end - at))
            case 3:
                found[at:at] = found[at:end] * random.choice((2, 9, 200))
            case 4:
                other = random.choice(seeds)
                start = random.randint(0, len(other))
                found[at:end] = other[start : start + random.randint(1, 400)]
            case 5 if at < len(found):
                found[at] ^= 1 << random.randrange(8)
            case _:
                found[at:end] = random.choice(WORDS)
    return bytes(found)


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
    """Read feeds.yaml; everything may be wrong with it, as long as a person is told."""
    with suppress(UserError):
        parse_configuration(content.decode("utf-8", "replace"), file="feeds.yaml")


def read_search(text: bytes) -> None:
    """Take a search apart; likewise."""
    with suppress(UserError):
        parse_search(text.decode("utf-8", "replace")[:400])


def sown(folder: Path | None, pattern: str, own: Sequence[bytes]) -> list[bytes]:
    """Collect seeds: our own, and the files of a folder that are not too long."""
    files = sorted(folder.glob(pattern)) if folder else []
    return [*own, *(file.read_bytes() for file in files if file.is_file() and file.stat().st_size <= MOST_BYTES)]


def documents() -> list[bytes]:
    """Write a feed of each format."""
    paper = Newspaper(1, seed=1)
    return [write(paper, paper.articles(0)[:5], "http://127.0.0.2/feed") for write, _ in FORMATS.values()]


SEARCHES: Final = (
    *(
        b"iraq military",
        b'"military chiefs" -syria',
        b"site:arab-news after:2018-09-01 before:2019",
        b"(iraq OR iran) NOT golf",
    ),
    *(b"publisher:'Other' category:World title:idlib*", "بغداد 中文 news".encode(), b"author:reuters OR -x"),
)


@contextmanager
def limited() -> Iterator[None]:
    """Raise TimeoutError where it takes longer than a worker may."""

    def ring(_signum: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"took more than {DEADLINE} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, DEADLINE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fuzz(
    target: Target, seeds: Sequence[bytes], *, seed: int, seconds: float
) -> tuple[int, dict[str, tuple[bytes, str]]]:
    """Try mutations for a while.

    Returns:
        How many were tried; and of what was found, one input a place in the code, with the traceback.
    """
    random, until, tried = Random(seed), time.monotonic() + seconds, 0
    found: dict[str, tuple[bytes, str]] = {}
    while time.monotonic() < until:
        body = mutated(random, seeds)
        tried += 1
        try:
            with limited():
                target(body)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it was not announced
            place = traceback.extract_tb(error.__traceback__)[-1]
            found.setdefault(f"{type(error).__name__} in {place.name}", (body, traceback.format_exc()))
    return tried, found


def _kept(folder: Path, target: str, found: dict[str, tuple[bytes, str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for what, (body, trace) in found.items():
        name = f"{target}-{sha256(body).hexdigest()[:12]}"
        (folder / f"{name}.input").write_bytes(body)
        (folder / f"{name}.txt").write_text(f"{what}\n\n{trace}", encoding="utf-8")


def main() -> None:
    """Fuzz, print what was tried and found, and end with 1 where anything was."""
    names = ("documents", "configuration", "searches", "requests")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz", description="Mutate inputs until something breaks."
    )
    parser.add_argument("--minutes", type=float, default=5, help="for all targets together (default: 5)")
    parser.add_argument("--targets", default=",".join(names), help=f"which of: {', '.join(names)}")
    parser.add_argument("--seeds", type=Path, help="a folder with feeds/ of real documents")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations")
    parser.add_argument("--findings", type=Path, default=Path("build/fuzz"), help="where what is found is kept")
    asked = parser.parse_args()
    chosen = [name for name in names if name in asked.targets.split(",")]
    seconds, failed = asked.minutes * 60 / len(chosen), False
    with running_site() as site:
        for name in chosen:
            target, seeds = target_of(name, site, asked.seeds)
            tried, found = fuzz(target, seeds, seed=asked.seed, seconds=seconds)
            print(
                f"{name}: {tried:,} tried from {len(seeds)} seeds, {len(found)} found", *found, sep="\n  ", flush=True
            )
            _kept(asked.findings, name, found)
            failed = failed or bool(found)
    sys.exit(failed)


def target_of(name: str, site: Site, folder: Path | None) -> tuple[Target, list[bytes]]:
    """Find what reads inputs of a name, and its seeds."""
    root = Path(__file__).resolve().parents[1]
    match name:
        case "documents":
            return read_document, sown(folder, "feeds/*", documents())
        case "configuration":
            return read_configuration, [(root / "feeds.yaml").read_bytes(), *_configurations(root)]
        case "searches":
            return read_search, list(SEARCHES)
        case _:
            return site.ask, [each.encode() for each in site.paths]


def _configurations(root: Path) -> list[bytes]:
    text = (root / "docs" / "configuration.md").read_text(encoding="utf-8")
    return [each.encode() for each in text.split("```yaml\n")[1:]]


if __name__ == "__main__":
    main()
