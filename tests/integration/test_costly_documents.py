"""S8: small documents that cost other readers seconds, or a gigabyte (A32): each is read or refused in time, and the next is fine."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aggregator.feeds.limits import MAX_BODY
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from aggregator.parse_pool import ParsePool
from benchmarks.meter import descendants

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

LONGEST = 5.0
"""Seconds, and what the pool allows; above it only what ending a worker and busy machines take."""
GRACE = 1.5
MOST_MEMORY = 768 * 1024 * 1024


def rss(items: str, *, before: str = '<?xml version="1.0"?>', head: str = "") -> bytes:
    return f'{before}<rss version="2.0"><channel><title>Costly</title>{head}{items}</channel></rss>'.encode()


def item(description: str, number: int = 0) -> str:
    return (
        f"<item><title>Item {number}</title><guid>urn:{number}</guid><link>https://news.example/{number}</link>"
        f"<description>{description}</description></item>"
    )


ATTRIBUTES = " ".join(f"a{number}='1'" for number in range(100_000))
LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
BOMB = f'<!DOCTYPE rss [<!ENTITY l0 "lol">{LAUGHS}]>'
SAFE = f'<!DOCTYPE rss [<!ENTITY long "{"x" * 200_000}">]>'
XXE = '<!DOCTYPE rss [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE rss [<!ENTITY % out SYSTEM "http://127.0.0.1:9/x.dtd"> %out;]>'

REFUSED = {
    "one entity of 200 kB that is referred to 2,000 times": rss(item("&long;" * 2000), before=SAFE),
    "billion laughs": rss(item("&l9;"), before=BOMB),
    "billion laughs behind a comment": rss(item("&l9;"), before=f"<!-- <a -->{BOMB}"),
    "an entity that is a file": rss(item("&secret;"), before=XXE),
    "an entity of the prolog that is fetched": rss(item("x"), before=PARAMETER),
    "58 MB, 20,000 items": rss("".join(item("x" * 2800, number) for number in range(20_000))),
}
READ = {
    "60,000 empty lines before the first tag": b"\n" * 60_000 + rss(item("x")),
    "url( 30,000 times in a style": rss(item("&lt;p style='" + "url(" * 30_000 + "'&gt;x&lt;/p&gt;")),
    "a comment that is begun 100,000 times": rss(item("&lt;!--" * 100_000)),
    "100,000 elements in one another in a text": rss(item("&lt;div&gt;" * 100_000)),
    "5.8 MB, 2,000 items": rss("".join(item("word " * 560, number) for number in range(2000))),
}
MENDED = {
    "100,000 attributes on a tag": rss(f"<item {ATTRIBUTES}><title>x</title></item>"),
    "an attribute of 9 MB": rss(f"<item a='{'x' * 9_000_000}'><title>x</title></item>"),
}
"""Read without what costs so much; the feed is said to be malformed."""
EITHER = {
    "100,000 elements in one another": rss(item("<b>" * 100_000 + "</b>" * 100_000)),
    "1,000,000 elements in one another": rss(item("<b>" * 1_000_000 + "</b>" * 1_000_000)),
}
ALL = {**REFUSED, **READ, **MENDED, **EITHER}


@pytest.fixture
async def pool() -> AsyncIterator[ParsePool]:
    made = ParsePool(workers=1)
    yield made
    await made.aclose()


def most_memory() -> int:
    """Give the most that any process below this one has held."""
    found = [0]
    for pid in (pid for pid, *_ in descendants(os.getpid())):
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return max(found)


def document(body: bytes) -> Document:
    return Document(body=body, url="https://news.example/feed")


@pytest.mark.parametrize("name", ALL)
async def test_s8_a32_what_costs_others_seconds_is_read_or_refused_in_time_and_the_next_feed_is_fine(
    pool: ParsePool, name: str
) -> None:
    await pool.parse(document(rss(item("begun"))))
    began = time.monotonic()
    outcome = await pool.parse(document(ALL[name]))
    assert time.monotonic() - began < LONGEST + GRACE
    assert most_memory() < MOST_MEMORY
    if name in REFUSED:
        assert isinstance(outcome, Failed), outcome
        assert outcome.kind in {FailureKind.HOSTILE_DOCUMENT, FailureKind.TOO_LARGE}
    if name in READ:
        assert isinstance(outcome, ParsedFeed), outcome
        assert outcome.entries[0].headline == "Item 0"
    if name in MENDED:
        assert isinstance(outcome, ParsedFeed), outcome
        assert outcome.malformed
        assert [entry.headline for entry in outcome.entries] == ["x"]
    assert "root:x:0" not in str(outcome)
    after = await pool.parse(document(rss(item("and on it goes"))))
    assert isinstance(after, ParsedFeed)
    assert len(ALL["58 MB, 20,000 items"]) > MAX_BODY > len(ALL["5.8 MB, 2,000 items"])
