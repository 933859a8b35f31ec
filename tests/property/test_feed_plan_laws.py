"""What is planned is what is done: after it, nothing is left to plan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config.feeds import INHERITED
from aggregator.config.read import parse
from aggregator.model.feed import Feed
from aggregator.model.ids import FeedId
from aggregator.model.wanted import Filters, Part, Retention, Rule
from aggregator.polling.feed_plan import Change, FeedChange, StoredFeed, plan, summary
from aggregator.storage.sqlite.store import SqliteStore
from tests.factories import NOON, make_feed

rules = st.builds(
    Rule,
    words=st.lists(st.sampled_from(["golf", "体育", "a b"]), min_size=1, max_size=2).map(tuple),
    fields=st.lists(st.sampled_from(Part), min_size=1, max_size=2, unique=True).map(tuple),
)
several = st.lists(rules, max_size=2).map(tuple)
feeds = st.builds(
    make_feed,
    st.sampled_from("abcd"),
    url=st.sampled_from(["https://one.example/", "https://two.example/", None]),
    title=st.sampled_from(["", "News"]),
    category=st.sampled_from(["World", "Sport"]),
    tags=st.lists(st.sampled_from(["x", "y"]), max_size=2),
    interval=st.sampled_from([timedelta(minutes=30), timedelta(hours=1)]),
    filters=st.builds(Filters, keep=several, mute=several, breakout=st.none() | st.integers(2, 5)),
    max_entries=st.none() | st.integers(1, 9),
    retention=st.builds(Retention, age=st.none() | st.just(timedelta(days=3)), entries=st.none() | st.integers(1, 9)),
    full_text=st.booleans(),
    strip_suffix=st.lists(st.sampled_from(["- A", "| B"]), max_size=1),
)
files = st.lists(feeds, max_size=4, unique_by=lambda feed: feed.id)


def applied(stored: Sequence[StoredFeed], wanted: Sequence[Feed]) -> list[StoredFeed]:
    named = {feed.id for feed in wanted}
    rest = [replace(each, configured=False) for each in stored if each.feed.id not in named]
    return [*rest, *(StoredFeed(feed=feed, configured=True) for feed in wanted)]


@given(st.lists(files, max_size=3), files)
def test_a_plan_that_is_carried_out_leaves_nothing_to_plan(past: list[list[Feed]], wanted: list[Feed]) -> None:
    stored: list[StoredFeed] = []
    for each in past:
        stored = applied(stored, each)
    changes = plan(stored, wanted)
    assert plan(applied(stored, wanted), wanted) == ()
    assert len({change.feed.id for change in changes}) == len(changes)
    touched = {change.feed.id for change in changes}
    assert {each for each in stored if each.configured and each.feed.id not in touched} == {
        StoredFeed(feed=feed, configured=True) for feed in wanted if feed.id not in touched
    }


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(files, min_size=1, max_size=3))
def test_the_database_does_what_was_planned(versions: list[list[Feed]]) -> None:
    async def check(folder: Path) -> None:
        store = await SqliteStore.open(folder / "a.db")
        for wanted in versions:
            await store.write(lambda tx, wanted=wanted: tx.feeds.synchronise(wanted, now=NOON))  # type: ignore[misc]
            assert plan(await store.read(lambda tx: tx.feeds.stored()), wanted) == ()
        await store.aclose()

    with TemporaryDirectory() as folder:
        anyio.run(check, Path(folder))


def change(before: Feed | None, after: Feed | None, *, configured: bool = True, disabled: bool = False) -> FeedChange:
    stored = [StoredFeed(feed=before, configured=configured)] if before else []
    (found,) = plan(stored, [after] if after else [], disabled={FeedId("a")} if disabled else ())
    return found


def test_each_kind_of_change_is_told_as_what_it_is() -> None:
    feed, elsewhere = make_feed("a"), make_feed("a", url="https://new.example/", title="New")
    assert change(None, feed).change is Change.ADDED
    assert change(feed, None).change is Change.REMOVED
    assert change(feed, None, disabled=True).change is Change.DISABLED
    assert change(feed, feed, configured=False).change is Change.RETURNED
    moved = change(feed, elsewhere)
    assert (moved.change, moved.former_url, moved.keys) == (Change.MOVED, feed.url, ("url", "title"))
    muted = change(feed, make_feed("a", filters=Filters(mute=(Rule(words=("golf",)),)), max_entries=3))
    assert (muted.change, muted.keys) == (Change.CHANGED, ("max_entries", "mute"))
    slower = change(feed, make_feed("a", unconditional_interval=timedelta(days=9)))
    assert slower.keys == ("unconditional_interval",)
    assert summary([moved, muted, slower]) == "1 moved, 2 changed"


said = st.fixed_dictionaries(
    {},
    optional={
        "interval": st.sampled_from(["15m", "30m", "2h"]),
        "publisher": st.sampled_from(["Ay", "Bee"]),
        "language": st.sampled_from(["en", "ar"]),
        "enabled": st.sampled_from(["true", "false"]),
        "tags": st.sampled_from(["[]", "[x]", "[y, z]"]),
        "breakout": st.sampled_from(["2", "7"]),
        "max_entries": st.sampled_from(["5", "50"]),
        "full_text": st.sampled_from(["true", "false"]),
        "strip_suffix": st.sampled_from(["[]", "[' - A']"]),
    },
)


@given(said, said, said)
def test_what_is_said_nearest_to_a_feed_counts(
    defaults: dict[str, str], category: dict[str, str], feed: dict[str, str]
) -> None:
    def flow(keys: dict[str, str]) -> str:
        return "{" + ", ".join(f"{key}: {value}" for key, value in keys.items()) + "}"

    text = f"defaults: {flow(defaults)}\ncategories: {{World: {flow(category)}}}\nfeeds:\n- "
    base = {"url": "https://a.example/", "category": "World"}
    (found,) = parse(text + flow(base | feed), file="feeds.yaml").feeds
    (expected,) = parse("feeds:\n- " + flow(base | defaults | category | feed), file="feeds.yaml").feeds
    assert {key: getattr(found, key) for key in INHERITED} == {key: getattr(expected, key) for key in INHERITED}
