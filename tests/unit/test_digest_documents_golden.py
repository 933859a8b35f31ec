"""A digest that uses everything, in every format.

`pytest tests/unit/test_digest_documents_golden.py` with AGGREGATOR_WRITE_GOLDEN=1 writes them anew: read the difference.
"""

import os
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from aggregator.publish import digest_epub, digest_feed, digest_html, digest_json, digest_markdown, digest_text
from aggregator.publish.digest_feed import newest_end
from aggregator.publish.site import Channel
from tests.digest_made import SUNDAY, make_digest, whole_digest
from tests.published import make_site

GOLDEN = Path(__file__).parent / "golden"


def _channel(suffix: str) -> Channel:
    site = make_site(description="News of several publishers, each once")
    return Channel(
        site=site,
        id=site.tag("digests"),
        title="Related Stories: daily digest",
        description=site.description,
        self_url=site.address(f"digests.{suffix}"),
        home_url=site.address("digests"),
        updated_at=newest_end([whole_digest()]),
        next_url=site.address(f"digests.{suffix}?before=2018-08-27"),
    )


def _unpacked(book: bytes) -> bytes:
    """Write down the files of a book, in order."""
    with ZipFile(BytesIO(book)) as archive:
        return b"".join(f"===== {name}\n".encode() + archive.read(name) + b"\n" for name in archive.namelist())


def _documents() -> dict[str, bytes]:
    site, digest = make_site(), whole_digest()
    both = [digest, make_digest(day=SUNDAY.replace(day=1), title="")]
    return {
        "digest.txt": digest_text.write(site, digest),
        "digest.md": digest_markdown.write(site, digest),
        "digest.json": digest_json.write(site, digest),
        "digest.html": digest_html.write(site, digest),
        "digest.epub.txt": _unpacked(digest_epub.write(site, digest)),
        "digests.atom": digest_feed.write_atom(_channel("atom"), both),
        "digests.rss": digest_feed.write_rss(_channel("rss"), both),
        "digests.json": digest_feed.write_json(_channel("json"), both),
    }


@pytest.mark.parametrize(
    "name",
    [
        "digest.txt",
        "digest.md",
        "digest.json",
        "digest.html",
        "digest.epub.txt",
        "digests.atom",
        "digests.rss",
        "digests.json",
    ],
)
def test_a_digest_that_uses_everything_is_written_as_before(name: str) -> None:
    written = _documents()[name]
    if os.environ.get("AGGREGATOR_WRITE_GOLDEN"):
        (GOLDEN / name).write_bytes(written)
    assert written.decode() == (GOLDEN / name).read_text("utf-8")
