"""What it takes to place an entry is bounded, whatever the others say: counted, for seconds depend on the machine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model.copies import CopyText
from aggregator.model.grouping import StoryEntry
from aggregator.model.ids import EntryId, FeedId
from aggregator.stories.by_key import EntriesByKey
from aggregator.stories.engine import StoryEngine
from aggregator.stories.near import SKETCH
from aggregator.stories.near_window import COMPARED, FLOOD, NearWindow
from aggregator.text.html import plain_text
from benchmarks.news import Newspaper
from tests.factories import NOON
from tests.story_entries import story_entry


def phrases(most: int) -> Iterator[StoryEntry]:
    """Make entries of few phrases, as the benchmarks' farm prints them: everything is like everything."""
    articles = [article for number in range(most // 20 + 1) for article in Newspaper(number, seed=1).articles(0)]
    for number, article in enumerate(articles[:most], 1):
        yield story_entry(number, article.title, body=plain_text(article.html), hours=number / 60)


def efforts(*sizes: int) -> list[tuple[float, ...]]:
    """Place entries of few phrases, a minute apart: postings, stories and pairs that each of the last 500 before each size took."""
    engine, found = StoryEngine(), []
    counts = [(0, 0, 0)]
    for entry in phrases(max(sizes)):
        engine.add(entry)
        counts.append((engine.effort.postings, engine.effort.stories, engine.effort.pairs))
        if entry.id in sizes:
            found.append(tuple((now - then) / 500 for now, then in zip(counts[-1], counts[-501], strict=True)))
            engine.changes()
    return found


def test_what_is_looked_at_for_an_entry_is_bounded_however_few_phrases_they_are_made_of() -> None:
    ((postings, stories, pairs),) = efforts(700)
    assert postings < 1000
    assert stories < 40
    assert pairs < 200


@pytest.mark.slow
def test_what_is_looked_at_for_an_entry_does_not_grow_with_the_number_of_stories() -> None:
    few, many = efforts(2000, 8000)
    assert max(many) < 1000
    assert all(later <= 1.1 * earlier for earlier, later in zip(few, many, strict=True))


def test_a_text_is_found_by_its_shingles_until_it_is_taken_out() -> None:
    meetings = EntriesByKey()
    for number in range(1, 4):
        meetings.add(7, EntryId(number))
    assert sorted(meetings.having(7)) == [1, 2, 3]
    assert list(meetings.having(8)) == []
    for number in (2, 1):
        meetings.discard(7, EntryId(number))
    assert list(meetings.having(7)) == [3]
    meetings.discard(7, EntryId(3))
    assert list(meetings.having(7)) == []


def test_what_has_which_key_is_the_same_when_it_is_taken_up() -> None:
    entries = EntriesByKey((key, EntryId(number)) for number, key in enumerate([7, 8, 7, 9, 7, 9], 1))
    taken = EntriesByKey()
    taken.add(5, EntryId(50))
    taken.take_up(*entries.columns())
    assert {key: sorted(taken.having(key)) for key in range(5, 11) if key in taken} == {7: [1, 3, 5], 8: [2], 9: [4, 6]}


@pytest.mark.parametrize("held", [0, 10, 1000])
def test_a_shingle_that_very_many_texts_have_leads_nowhere(held: int) -> None:
    """Wherever they are: in memory, put away, or some here and some there."""
    body = " ".join(f"word{number}" for number in range(60))
    texts = {
        EntryId(n): CopyText(id=EntryId(n), feed_id=FeedId(f"feed-{n}"), headline="", body=body, at=NOON)
        for n in range(1, FLOOD + 3)
    }
    window = NearWindow(timedelta(hours=48), timedelta(hours=72), look_up=lambda ids: [texts[one] for one in ids])
    found = []
    for text in texts.values():
        found.append(len(window.add(text)))
        window.rest(held)
    assert found == [*range(COMPARED), *[COMPARED] * (FLOOD + 1 - COMPARED), 0]
    left = [window.revise(replace(texts[EntryId(n)], body="")) for n in range(1, 4)]
    assert left == [[], [], []]
    assert len(window.add(replace(texts[EntryId(1)], id=EntryId(1000)))) == COMPARED


def test_a_template_that_fifty_feeds_fill_in_is_compared_with_a_few_of_them() -> None:
    window = NearWindow(timedelta(hours=48), timedelta(hours=72))
    report = " ".join(f"word{number}" for number in range(60))
    texts = [
        CopyText(id=EntryId(n), feed_id=FeedId(f"feed-{n}"), headline="", body=f"{report} town{n}", at=NOON)
        for n in range(1, 51)
    ]
    found = [window.add(text) for text in texts]
    assert max(map(len, found)) == COMPARED
    assert all(pairs for pairs in found[1:])
    assert SKETCH * FLOOD < 1000
