"""Commands change of feeds.yaml what they are told to, and no other character."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aggregator.config import edits
from aggregator.config.edits import Text
from aggregator.config.positions import read
from aggregator.config.read import parse
from aggregator.config.spelling import spell
from aggregator.text.words import one_line

pytestmark = pytest.mark.slow  # seconds each: programs that are started, or laws

words = st.sampled_from(
    ["News", "Middle East", "no", "010", "Мир", "a: b", "it's", 'say "x"', "#1", "x # y", "- a", "😀"]
)
texts = st.text(min_size=1, max_size=20).map(one_line).filter(bool)
lines = words | texts


@st.composite
def spelt(draw: st.DrawFn, value: str) -> str:
    """Spell a value as somebody might have."""
    quoted = [f"'{value.replace(chr(39), chr(39) * 2)}'"] if value.isprintable() else []
    return draw(st.sampled_from([spell(value), *quoted]))


@st.composite
def feed(draw: st.DrawFn, number: int, indent: str, gap: str, brk: str) -> str:
    values = [("url", f"https://{number}.example/rss")]
    values += [("category", draw(st.sampled_from(["World", "world", "Sport", "Мир"])))] if draw(st.booleans()) else []
    values += [("title", draw(lines))] if draw(st.booleans()) else []
    values += [("enabled", "false")] if draw(st.booleans()) else []
    pairs = [(key, draw(spelt(value)) if key != "enabled" else value) for key, value in draw(st.permutations(values))]
    if draw(st.integers(0, 5)) == 0:
        inside = ", ".join(f"{key}: {value if value[0] in QUOTES else repr_of(value)}" for key, value in pairs)
        return f"{indent}-{gap}{{{inside}}}{draw(comments)}{brk}"
    key_indent = f"{indent} {gap}"
    made = []
    for place, (key, value) in enumerate(pairs):
        made.append((f"{indent}-{gap}" if place == 0 else key_indent) + f"{key}: {value}{draw(comments)}{brk}")
        made += [f"{key_indent}# interval: 5m{brk}"] if draw(st.integers(0, 4)) == 0 else []
    return "".join(made)


QUOTES = "\"'"


def repr_of(value: str) -> str:
    return value if value == "false" else f'"{value}"'


comments = st.sampled_from(["", "", "", "  # why", " #"])


@st.composite
def files(draw: st.DrawFn) -> str:
    brk = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    indent, gap = draw(st.sampled_from(["", "  ", "    "])), draw(st.sampled_from([" ", "   "]))
    between = st.sampled_from(["", "", brk, f"{indent}# Here begins another part{brk}", f"{brk}# - url: x{brk}"])
    count = draw(st.integers(1, 5))
    feeds = "".join(draw(between) + draw(feed(number, indent, gap, brk)) for number in range(count))
    head = draw(st.sampled_from(["", f"# Ours{brk}{brk}", f"site:{brk}  title: 'A b'  # yes{brk}{brk}"]))
    tail = draw(st.sampled_from(["", "", f"{brk}polling: {{interval: 1h}}{brk}", f"# end{brk}", brk * 2]))
    text = f"{head}feeds:{draw(comments)}{brk}{feeds}{tail}"
    return text if draw(st.booleans()) else text.rstrip("\r\n")


def before(text: str) -> Text:
    return Text.of(text, file="feeds.yaml")


def pieces(old: str, new: str) -> tuple[str, str]:
    """Give what is only in the old text, and what is only in the new one, between what both begin and end with."""
    first = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    most = min(len(old), len(new)) - first
    last = next((n for n in range(most) if old[-1 - n] != new[-1 - n]), most)
    return old[first : len(old) - last], new[first : len(new) - last]


def addresses(text: str) -> list[str]:
    return [each.url for each in parse(text, file="x").feeds]


@given(files(), lines, st.sampled_from(["World", "Sport", "Other"]))
def test_a_feed_that_is_added_is_put_in_and_all_else_stays(text: str, title: str, category: str) -> None:
    fields = {"url": "https://new.example/feed?a=b&c", "title": title, "category": category, "tags": ["a", "b, c"]}
    after = edits.add(before(text), fields)
    removed, _ = pieces(text, after)
    assert removed == ""
    (added,) = [each for each in parse(after, file="x").feeds if each.url == fields["url"]]
    assert (added.title, added.category, added.tags) == (title, category, ("a", "b, c"))


@given(files(), st.sampled_from(["World", "Sport"]))
def test_a_feed_comes_behind_the_last_of_its_category(text: str, category: str) -> None:
    found = [each.category.casefold() for each in parse(text, file="x").feeds]
    after = edits.add(before(text), {"url": "https://new.example/", "category": category})
    last = max((n for n, name in enumerate(found) if name == category.casefold()), default=len(found) - 1)
    assert addresses(after).index("https://new.example/") == last + 1


@given(files(), st.data())
def test_adding_and_removing_a_feed_gives_the_old_file(text: str, data: st.DataObject) -> None:
    added = edits.add(before(text), {"url": "https://new.example/", "category": data.draw(lines)})
    removed = edits.remove(
        before(added), parse(added, file="x").feeds[addresses(added).index("https://new.example/")].feed_id
    )
    assert told(removed) == told(text)


def told(text: str) -> list[str]:
    """Give the lines that say anything, without how they end."""
    return [line for line in text.splitlines() if line.strip()]


@given(files(), st.data())
def test_removing_a_feed_takes_its_lines_and_at_most_a_blank_one(text: str, data: st.DataObject) -> None:
    feeds = parse(text, file="x").feeds
    number = data.draw(st.integers(0, len(feeds) - 1))
    after = edits.remove(before(text), feeds[number].feed_id)
    kept = [each for each in feeds if each is not feeds[number]]
    assert list(parse(after, file="x").feeds) == kept
    left = told(text)
    for line in told(after):  # in their order, and nothing that was not there before
        while left and left[0] != line and not line.startswith("feeds: []"):
            assert "Here begins" not in left.pop(0)
        left = left[1:]


@given(files(), st.data(), lines)
def test_another_title_changes_the_title_alone(text: str, data: st.DataObject, title: str) -> None:
    feeds = parse(text, file="x").feeds
    number = data.draw(st.integers(0, len(feeds) - 1))
    after = edits.put(before(text), feeds[number].feed_id, "title", title)
    assert [each.title for each in parse(after, file="x").feeds] == [
        title if n == number else each.title for n, each in enumerate(feeds)
    ]
    _, added = pieces(text, after)
    assert len(re.findall(r"\r\n|\n", added)) <= 1


@given(files(), st.data())
def test_what_is_switched_off_and_on_again_is_the_old_file(text: str, data: st.DataObject) -> None:
    feeds = parse(text, file="x").feeds
    number = data.draw(st.integers(0, len(feeds) - 1))
    assume(feeds[number].enabled)
    name = feeds[number].feed_id
    off = edits.put(before(text), name, "enabled", value=False)
    assert not parse(off, file="x").feeds[number].enabled
    assert "enabled: false" in off
    assert edits.drop(before(off), name, "enabled").rstrip("\r\n") == text.rstrip("\r\n")


@given(files(), st.data())
def test_dropping_a_key_drops_nothing_else(text: str, data: st.DataObject) -> None:
    feeds = parse(text, file="x").feeds
    number = data.draw(st.integers(0, len(feeds) - 1))
    after = edits.drop(before(text), feeds[number].feed_id, "enabled")
    assert [(each.url, each.title, each.category) for each in parse(after, file="x").feeds] == [
        (each.url, each.title, each.category) for each in feeds
    ]
    assert parse(after, file="x").feeds[number].enabled


@given(files(), st.data(), st.sampled_from(["World", "Sport", "Fresh"]))
def test_a_feed_that_moves_keeps_its_lines(text: str, data: st.DataObject, category: str) -> None:
    feeds = parse(text, file="x").feeds
    number = data.draw(st.integers(0, len(feeds) - 1))
    after = edits.move(before(text), feeds[number].feed_id, category)
    moved = parse(after, file="x").feeds
    assert sorted(each.url for each in moved) == sorted(each.url for each in feeds)
    assert {each.url: each.category for each in moved}[feeds[number].url] == category
    assert sorted(others(moved, feeds[number].url)) == sorted(others(feeds, feeds[number].url))


def others(feeds: Sequence[object], url: str) -> list[str]:
    return [str(each) for each in feeds if url not in str(each)]


@given(st.lists(lines, max_size=4), lines)
def test_what_is_spelt_is_read_back(items: list[str], single: str) -> None:
    tree = read(f"a: {spell(single)}\nb: {spell(items)}\nc: {{d: {spell(items)}}}\n", file="x")
    assert not tree.problems
    assert tree.root == {"a": single, "b": items, "c": {"d": items}}
