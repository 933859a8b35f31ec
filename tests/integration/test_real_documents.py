"""Feeds as publishers sent them: every one is read, and no entry of it is lost."""

import gzip
import json
from io import BytesIO
from pathlib import Path

import feedparser
import pytest

from aggregator.feeds.parse import parse_document
from aggregator.model.feed import Document, ParsedFeed

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the collection of real feeds (../shared/data) is not here")


def entries_of(body: bytes) -> int:
    if body.lstrip().startswith(b"{"):
        return len(json.loads(body)["items"])
    parsed = feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)  # noqa: TID251  the yardstick
    return len(parsed.entries)


def read(body: bytes, name: str) -> ParsedFeed:
    parsed = parse_document(Document(body=body, url=f"https://{name.rpartition('-')[0] or name}/feed"))
    assert isinstance(parsed, ParsedFeed), f"{name}: {parsed}"
    return parsed


def flaws(name: str, body: bytes) -> list[str]:
    """Say what is wrong with the way a document is read."""
    parsed = read(body, name)
    found = [f"{name}: {len(parsed.entries)} entries"] if len(parsed.entries) != entries_of(body) else []
    for entry in parsed.entries:
        addresses = (entry.url, entry.image_url, entry.comments_url, *(file.url for file in entry.enclosures))
        found += [f"{name}: {address}" for address in addresses if address and not address.startswith("http")]
        if "�" in entry.headline and "\ufffd".encode() not in body:
            found.append(f"{name}: headline {entry.headline!r}")
    return found


@pytest.mark.slow
def test_every_feed_of_260_hosts_is_read_entry_by_entry() -> None:
    files = sorted(path for path in (DATA / "feeds").iterdir() if path.name != "INDEX.jsonl")
    assert len(files) >= 260
    assert [flaw for path in files for flaw in flaws(path.name, path.read_bytes())] == []


@pytest.mark.slow
def test_every_snapshot_of_14_outlets_is_read_entry_by_entry() -> None:
    files = sorted((DATA / "timeline").glob("*/*.gz"))
    assert len(files) >= 278
    assert [flaw for path in files for flaw in flaws(path.parent.name, gzip.decompress(path.read_bytes()))] == []


def test_nearly_every_entry_has_headline_address_and_date() -> None:
    """Guards the figures of a sample: a field that silently stops being read shows here."""
    files = sorted((DATA / "feeds").glob("*.xml"))[::8]
    entries = [entry for path in files for entry in read(path.read_bytes(), path.name).entries]
    assert sum(bool(entry.headline) for entry in entries) > 0.9 * len(entries)
    assert sum(entry.url is not None for entry in entries) > 0.9 * len(entries)
    assert sum(entry.published_at is not None for entry in entries) > 0.9 * len(entries)
    assert sum(bool(entry.text) for entry in entries) > 0.9 * len(entries)
