"""Subscription lists: what goes out comes in again, and no list, however broken, does harm."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds import opml
from aggregator.feeds.opml import FeedList
from aggregator.feeds.opml_mend import mended
from aggregator.model.feed import Feed, FeedOutline, FeedOverview, FeedState
from aggregator.model.fetch import Failed
from aggregator.publish.opml import write
from aggregator.text.words import html_safe, one_line
from tests.factories import make_feed
from tests.published import make_site

pytestmark = pytest.mark.slow  # seconds each: laws

LETTERS = st.characters(codec="utf-8", exclude_characters="<>&,/")
# Without what no page can show (U+FDD0 and its like): a name of nothing else is no name when it comes back. What is still encoded twice
# when it has been mended once, is mended once more on its way.
NAMES = (
    st.text(LETTERS, min_size=1, max_size=20).map(html_safe).map(one_line).filter(lambda name: html_safe(name) == name)
)
names = (NAMES | st.sampled_from(["Business & Economy", 'The "Daily"', "x < y", "R&D", "Мир", "ا"])).filter(str.strip)
tags = st.lists(names.filter(lambda name: "," not in name and not name.startswith("/")), max_size=3, unique=True)


@st.composite
def feeds(draw: st.DrawFn, number: int) -> Feed:
    query = draw(st.sampled_from(["", "?a=1&b=2", "?q=%22x%22"]))
    return make_feed(
        f"feed-{number}",
        url=f"https://{number}.example/rss{query}",
        title=draw(names),
        category=draw(names),
        tags=tuple(draw(tags)),
    )


@st.composite
def lists(draw: st.DrawFn) -> list[Feed]:
    return [draw(feeds(number)) for number in range(draw(st.integers(0, 5)))]


def outline(feed: Feed) -> FeedOutline:
    overview = FeedOverview(
        feed=feed, state=FeedState(), document_title="", home_url=None, entries=0, newest_entry_at=None
    )
    return overview.outline()


@given(lists())
def test_out_then_in_is_the_same_set(written: list[Feed]) -> None:
    read = opml.read(write(make_site(), [outline(feed) for feed in written]))
    assert isinstance(read, FeedList)
    assert not read.passed_over
    assert not read.mended
    assert {(feed.url, feed.title, feed.category, frozenset(feed.tags)) for feed in read.feeds} == {
        (feed.url, feed.title, feed.category, frozenset(feed.tags)) for feed in written
    }


@given(lists())
def test_mending_changes_nothing_of_what_a_sound_list_says(written: list[Feed]) -> None:
    text = write(make_site(), [outline(feed) for feed in written]).decode()
    assert opml.read(mended(text).encode()) == opml.read(text.encode())
    assert mended(text).count("\n") == text.count("\n")


@given(lists(), st.data())
def test_a_list_whose_texts_were_never_escaped_is_read_as_it_was_meant(
    written: list[Feed], data: st.DataObject
) -> None:
    lines = [
        f'  <outline text="{feed.title}" xmlUrl="{feed.url}" category="{",".join(feed.tags)}"/>' for feed in written
    ]
    read = opml.read("\n".join(["<opml><body>", *lines, "</body></opml>"]).encode())
    assert isinstance(read, FeedList)
    assert [feed.url for feed in read.feeds] == [feed.url for feed in written]
    assert [feed.line for feed in read.feeds] == list(range(2, 2 + len(written)))


@given(st.text(alphabet=string.printable + "<>\"'&=/", max_size=300), st.integers(0, 5))
def test_anything_is_read_or_refused(noise: str, depth: int) -> None:
    text = f"<opml><body>{'<outline text=a>' * depth}<outline {noise}"
    assert isinstance(opml.read(text.encode()), FeedList | Failed)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert isinstance(opml.read(body), FeedList | Failed)
