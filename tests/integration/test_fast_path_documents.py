"""Real feeds read by the fast path and by feedparser: not one field of one entry differs."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nh3
import pytest

from aggregator.feeds import jsonfeed, wellformed, xmlfeed
from aggregator.feeds.charset import decode
from aggregator.feeds.lenient import run_feedparser
from aggregator.feeds.normalise import normalise
from aggregator.feeds.prepass import Prepared, prepare
from aggregator.feeds.raw import RawFeed
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed
from aggregator.text import html, letters, words
from aggregator.text.safelist import ATTRIBUTES, REL, SCHEMES, TAGS, attribute_filter
from aggregator.text.tidy import tidy

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the collection of real feeds (../shared/data) is not here"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What both readers made of a document; `fast` is None where it was left to feedparser."""

    name: str
    document: Document
    fast: RawFeed | None
    slow: RawFeed | Failed

    def parsed(self, raw: RawFeed) -> ParsedFeed:
        return normalise(raw, self.document)


def bodies() -> Iterator[tuple[str, bytes]]:
    for path in sorted((DATA / "feeds").iterdir()):
        if path.name != "INDEX.jsonl":
            yield path.name, path.read_bytes()
    for path in sorted((DATA / "timeline").glob("*/*.gz")):
        yield f"{path.parent.name}-{path.name}", gzip.decompress(path.read_bytes())


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    found: list[Reading] = []
    for name, body in bodies():
        text, _ = decode(body)
        prepared = prepare(text)
        if jsonfeed.is_json(text) or not isinstance(prepared, Prepared):
            continue
        fast, slow = wellformed.read(prepared.text), run_feedparser(prepared.text)
        document = Document(body=b"", url=f"https://{name.partition('-')[0]}/feed", publisher_names=("Example",))
        found.append(
            Reading(
                name=name,
                document=document,
                fast=None if fast is None else xmlfeed.read_feed(fast, prepared.text),
                slow=slow if isinstance(slow, Failed) else xmlfeed.read_feed(slow, prepared.text),
            )
        )
    return found


def test_nearly_every_real_document_takes_the_fast_path(readings: list[Reading]) -> None:
    taken = sum(reading.fast is not None for reading in readings)
    assert len(readings) >= 520
    assert taken > 0.95 * len(readings), f"{taken} of {len(readings)}"


def test_what_takes_the_fast_path_is_the_same_in_every_field(readings: list[Reading]) -> None:
    both = [reading for reading in readings if reading.fast is not None]
    assert [reading.name for reading in both if reading.fast != reading.slow] == []
    different = [
        reading.name
        for reading in both[::10]
        if reading.fast
        and isinstance(reading.slow, RawFeed)
        and reading.parsed(reading.fast) != reading.parsed(reading.slow)
    ]
    assert different == []


def test_real_html_that_is_tidy_comes_out_as_nh3_writes_it(readings: list[Reading]) -> None:
    """A third of what entries hold needs no parser; more would be better, but other would be worse."""
    keep = attribute_filter("https://base.example/", ())
    cleaner = nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(html._CLEANED_OUT),
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        link_rel=REL,
        url_schemes=SCHEMES,
    )
    entries = (entry for reading in readings if reading.fast for entry in reading.fast.entries)
    texts = {
        markup.value for entry in entries for markup in (entry.summary, entry.content) if markup and markup.is_html
    }
    short = [words.xml_safe(text) for text in texts if len(text) < 20_000]
    taken = [text for text in short if tidy(text, keep) is not None]
    assert len(taken) > 0.33 * len(short), f"{len(taken)} of {len(short)}"
    for text in taken:
        expected = html._IMAGE.sub(html._without_pixel, letters.bounded_marks(words.xml_safe(cleaner.clean(text))))
        safe, plain = html.clean(text, base_url="https://base.example/")
        assert (safe, plain) == (expected.strip(), html.plain_text(safe)), text
