"""What commands do to feeds.yaml: each edit is made in its text, and kept only if it did exactly what was meant.

What an edit means is said a second time, on the values of the file; text and values must agree after it, and the file must
still be one that can be used. So a way of writing YAML that `layout` misunderstands costs a message, never a feed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aggregator.config import splice
from aggregator.config.feeds import FeedSettings
from aggregator.config.layout import FEEDS, Layout, layout
from aggregator.config.model import Configuration
from aggregator.config.plain import Plain
from aggregator.config.positions import read
from aggregator.config.read import MAX_BYTES, parse
from aggregator.config.spelling import Value, typed
from aggregator.errors import ConfigurationError, UserError
from aggregator.model.ids import FeedId

Record = dict[str, Plain]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """feeds.yaml before an edit."""

    text: str
    file: str
    configuration: Configuration
    found: Layout

    @classmethod
    def of(cls, text: str, *, file: str) -> "Text":
        """Read it.

        Raises:
            ConfigurationError: it can't be used as it is: that is mended first.
        """
        configuration = parse(text, file=file)
        found = layout(text)
        if found is None:
            raise UserError(f"{file}: is written in a way that commands can't edit; edit it by hand")
        return cls(text=text, file=file, configuration=configuration, found=found)

    def number_of(self, feed_id: str) -> int:
        """Find a feed's place in the list, from 0."""
        return next(n for n, feed in enumerate(self.configuration.feeds) if feed.feed_id == feed_id)


def add(before: Text, *feeds: splice.Fields) -> str:
    """Put feeds behind the others of their categories, else at the end; those of one new category side by side.

    Raises:
        UserError: the file can't be edited so.
    """
    known = before.configuration.feeds
    last_of = {feed.category.casefold(): number for number, feed in enumerate(known)}
    end = len(known) - 1 if known else None
    categories = [FeedSettings.model_validate(dict(fields)).category.casefold() for fields in feeds]
    first_seen = {name: number for number, name in reversed(list(enumerate(categories)))}
    order = sorted(range(len(feeds)), key=lambda number: first_seen[categories[number]])
    placed = [(last_of.get(categories[number], end), feeds[number]) for number in order]

    def meant(records: list[Record]) -> None:
        for after, fields in reversed(placed):
            records.insert(0 if after is None else after + 1, _record(fields))

    # From the end, so that places stay right; of one place in the order given.
    placed.sort(key=lambda each: -1 if each[0] is None else each[0])
    return _edited(before, lambda: splice.add(before.text, before.found, placed), meant)


def remove(before: Text, feed_id: FeedId) -> str:
    """Take a feed out.

    Raises:
        UserError: the file can't be edited so.
    """
    number = before.number_of(feed_id)
    return _edited(before, lambda: splice.cut(before.text, before.found, number), lambda feeds: feeds.pop(number))


def put(before: Text, feed_id: FeedId, key: str, value: Value) -> str:
    """Give a feed's key a value.

    Raises:
        UserError: the file can't be edited so.
    """
    number = before.number_of(feed_id)

    def meant(feeds: list[Record]) -> None:
        feeds[number] |= _record({key: value})

    return _edited(before, lambda: splice.put(before.text, before.found, number, key, value), meant)


def drop(before: Text, feed_id: FeedId, key: str) -> str:
    """Take a key from a feed; nothing where it has none.

    Raises:
        UserError: the file can't be edited so.
    """
    number = before.number_of(feed_id)

    def meant(feeds: list[Record]) -> None:
        feeds[number].pop(key, None)

    return _edited(before, lambda: splice.drop(before.text, before.found, number, key), meant)


def move(before: Text, feed_id: FeedId, category: str) -> str:
    """Put a feed into a category, and behind the others of it; where there are none it stays in its place.

    Raises:
        UserError: the file can't be edited so.
    """
    number = before.number_of(feed_id)
    others = [feed for feed in before.configuration.feeds if feed.feed_id != feed_id]
    after = next(
        (n for n in reversed(range(len(others))) if others[n].category.casefold() == category.casefold()), None
    )
    named = Text.of(put(before, feed_id, "category", category), file=before.file)
    if after is None or after == number - 1:
        return named.text
    behind = after if after < number else after + 1

    def meant(feeds: list[Record]) -> None:
        feeds.insert(after + 1, feeds.pop(number))

    return _edited(named, lambda: splice.move(named.text, named.found, number, after=behind), meant)


def _edited(before: Text, edit: Callable[[], str], meant: Callable[[list[Record]], object]) -> str:
    try:
        text = edit()
    except splice.Unspliceable as reason:
        raise UserError(f"{before.file}: {reason}, so that commands can't edit it; edit it by hand") from reason
    if _values(text, before.file) != _expected(before, meant):
        raise UserError(f"{before.file}: is written in a way that commands can't edit here; edit it by hand")
    _must_be_usable(text, before.file)
    return text


def _expected(before: Text, meant: Callable[[list[Record]], object]) -> Plain:
    root = _values(before.text, before.file)
    values: Record = root if isinstance(root, dict) else {}
    feeds = [dict(feed) for feed in values.get(FEEDS) or () if isinstance(feed, dict)]
    meant(feeds)
    return values | {FEEDS: list[Plain](feeds)}


def _values(text: str, file: str) -> Plain:
    tree = read(text, file=file)
    return None if tree.problems else tree.root


def _record(fields: splice.Fields) -> Record:
    return {key: _plain(value) for key, value in fields.items()}


def _plain(value: Value) -> Plain:
    """Give a value as it is read, where all scalars are text."""
    if isinstance(value, bool):
        return typed(value)
    return value if isinstance(value, str) else list(value)


def _must_be_usable(text: str, file: str) -> None:
    if len(text.encode()) > MAX_BYTES:
        raise UserError(f"{file}: would be longer than 1 MiB; it stays as it was")
    try:
        parse(text, file=file)
    except ConfigurationError as problems:
        raise UserError(f"nothing was changed, for that would make:\n{problems}") from problems
