"""Documents that use everything, beside what they must be.

`pytest tests/unit/test_publish_golden.py` with AGGREGATOR_WRITE_GOLDEN=1 writes them anew: read the difference.
"""

import os
from pathlib import Path

import pytest

from aggregator.publish import atom, jsonfeed, opml, rss, stories
from aggregator.publish.site import Channel
from tests.published import every_story, everything, glance_of, make_channel, make_overview, make_site

GOLDEN = Path(__file__).parent / "golden"


def _documents() -> dict[str, bytes]:
    entries = everything()
    feeds = [
        make_overview(),
        make_overview("kept", url="https://me:secret@kept.example/f", title="", category="Économie", home_url=None),
        make_overview("third", url="https://third.example/f?a=1&b=2", tags=("a, b", "c"), language="fr"),
    ]

    def channel(suffix: str) -> Channel:
        next_url = f"https://news.example/feed.{suffix}?after=x"
        return make_channel(entries, suffix=suffix, origins=feeds, next_url=next_url)

    told = every_story()
    return {
        "stories.atom": stories.write_atom(channel("atom"), told),
        "stories.rss": stories.write_rss(channel("rss"), told),
        "stories.json": stories.write_json(channel("json"), told),
        "feed.atom": atom.write(channel("atom"), entries),
        "feed.rss": rss.write(channel("rss"), entries),
        "feed.json": jsonfeed.write(channel("json"), entries),
        "empty.atom": atom.write(make_channel(), ()),
        "empty.rss": rss.write(make_channel(suffix="rss"), ()),
        "empty.json": jsonfeed.write(make_channel(suffix="json"), ()),
        "feeds.opml": opml.write(make_site(), list(map(glance_of, feeds))),
    }


@pytest.mark.parametrize(
    "name",
    [
        *("stories.atom", "stories.rss", "stories.json", "feed.atom", "feed.rss", "feed.json"),
        *("empty.atom", "empty.rss", "empty.json", "feeds.opml"),
    ],
)
def test_a_document_that_uses_everything_is_written_as_before(name: str) -> None:
    written = _documents()[name]
    if os.environ.get("AGGREGATOR_WRITE_GOLDEN"):
        (GOLDEN / name).write_bytes(written)
    assert written.decode() == (GOLDEN / name).read_text("utf-8")
