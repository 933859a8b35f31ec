"""What feeds.yaml may say of feeds: of one, of those of a category, of all. What is said nearer to a feed goes first."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from aggregator.config.digests import Weight
from aggregator.config.feed_fields import (
    DIRECT,
    SECRET,
    Headers,
    Lines,
    PartName,
    Password,
    PasswordFile,
    Proxy,
    Regex,
)
from aggregator.config.fields import (
    FeedAddress,
    Id,
    Interval,
    Kept,
    Language,
    Line,
    Number,
    Shown,
    ShownImages,
    Switch,
    counting,
)
from aggregator.config.identity import feed_id, host_name
from aggregator.config.section import Section
from aggregator.feeds.limits import MAX_ENTRIES
from aggregator.model.access import Access
from aggregator.model.feed import Feed
from aggregator.model.ids import FeedId
from aggregator.model.wanted import KEPT_FOR_EVER, NO_FILTERS, Filters, Part, Retention, Rule
from aggregator.text.urls import slug


class RetentionSettings(Section):
    """How much of a feed is kept."""

    age: Kept | None = None
    entries: Annotated[Number, counting(1, 1_000_000)] | None = None

    def to_retention(self) -> Retention:
        """Give what pruning goes by."""
        return Retention(age=self.age, entries=self.entries)


class RuleSettings(Section):
    """One item under `keep` or `mute`; a text alone is a word."""

    words: Lines = ()
    regex: Regex | None = None
    fields: Annotated[tuple[PartName, ...], BeforeValidator(lambda said: [said] if isinstance(said, str) else said)] = (
        Part.TITLE,
        Part.TEXT,
    )

    @model_validator(mode="before")
    @classmethod
    def _of_a_word(cls, data: Any) -> Any:  # noqa: ANN401 - whatever stood in the file
        return {"words": [data]} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.words or self.regex):
            raise ValueError("needs words or a regex")
        if not self.fields:
            raise ValueError("looks at no fields; leave them out for title and text")
        return self

    def to_rule(self) -> Rule:
        """Give what entries are judged by."""
        return Rule(words=self.words, regex=self.regex or "", fields=tuple(dict.fromkeys(self.fields)))


Rules = Annotated[
    tuple[RuleSettings, ...], BeforeValidator(lambda said: [said] if isinstance(said, str | dict) else said)
]


class Inheritable(Section):
    """What may be said of one feed, of a category, or of all feeds."""

    publisher: Line | None = None
    tags: tuple[Line, ...] = ()
    language: Language | None = None
    interval: Interval | None = None
    enabled: Switch = True
    allow_private_address: Switch = False
    headers: Headers = Field(default_factory=dict)
    proxy: Proxy | None = None
    full_text: Switch = False
    images: ShownImages | None = None
    """None: as `media.images` says."""
    keep: Rules = ()
    mute: Rules = ()
    breakout: Annotated[Number, counting(2, 1000)] | None = None
    max_entries: Annotated[Number, counting(1, MAX_ENTRIES)] | None = None
    retention: RetentionSettings = RetentionSettings()
    strip_prefix: Lines = ()
    strip_suffix: Lines = ()


INHERITED: Final = tuple(Inheritable.model_fields)
_ADDED_UP: Final = ("keep", "mute")
"""Of all that is said of a feed, not only of what is said nearest to it."""


class Defaults(Inheritable):
    """What holds for feeds that say nothing else."""

    category: Line = "General"

    @model_validator(mode="after")
    def _keeps_secrets(self) -> Self:
        if secret := next((name for name in self.headers if name.lower() in SECRET), None):
            raise ValueError(f"would send the header {secret} to every server there is; say it of a feed or a category")
        return self


class CategorySettings(Inheritable):
    """What holds for the feeds of a category that say nothing else."""

    weight: Weight | None = None
    """In digests; None: 1, or what the digest says."""


def _as_mapping(value: Any) -> Any:  # noqa: ANN401 - whatever stood in the file
    """Let a list of names stand for categories of which nothing is said."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return {name: {} for name in value}
    return {name: {} if said is None else said for name, said in value.items()} if isinstance(value, dict) else value


def _pages_apart(categories: Mapping[str, CategorySettings]) -> Mapping[str, CategorySettings]:
    pages: dict[str, str] = {}
    for name in categories:
        if (other := pages.setdefault(slug(name), name)) != name:
            raise ValueError(f"{name!r} and {other!r} would share the page /categories/{slug(name)}; name one of them")
    return categories


Categories = Annotated[Mapping[Line, CategorySettings], BeforeValidator(_as_mapping), AfterValidator(_pages_apart)]


class FeedSettings(Inheritable):
    """One item under `feeds`."""

    url: FeedAddress
    id: Id | None = None
    title: Line | None = None
    category: Line = "General"
    user: Line | None = None
    password: Password | None = None
    password_file: PasswordFile | None = None

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if self.password and self.password_file:
            raise ValueError("has both a password and a password_file; leave one of them out")
        if bool(self.user) != bool(self.password or self.password_file):
            raise ValueError("needs user and password (or password_file) for a login, or none of them")
        if self.user and any(name.lower() == "authorization" for name in self.headers):
            raise ValueError("has both a login and an Authorization header; leave one of them out")
        return self

    @cached_property
    def feed_id(self) -> FeedId:
        """The id given, else the one made of the address."""
        return FeedId(self.id) if self.id else feed_id(self.url)

    @property
    def login(self) -> tuple[str, str] | None:
        """User name and password; None where there are none."""
        secret = self.password or self.password_file
        return (self.user, secret.get_secret_value()) if self.user and secret else None

    @property
    def sends_secrets(self) -> bool:
        """Tell whether requests carry what nobody on the way may read."""
        return self.login is not None or any(name.lower() in SECRET for name in self.headers)

    def access(self) -> Access | None:
        """Give what requests for it carry; None: nothing."""
        proxy = self.proxy.get_secret_value() if self.proxy else DIRECT
        headers = tuple((name, value.get_secret_value()) for name, value in self.headers.items())
        if not (self.login or headers or proxy != DIRECT):
            return None
        return Access(login=self.login, headers=headers, proxy=None if proxy == DIRECT else proxy)

    def to_feed(
        self, *, interval: timedelta, unconditional_interval: timedelta, category: str, images: Shown = Shown.PROXIED
    ) -> Feed:
        """Fill in what is left open; `category` is ours in the spelling of the whole file."""
        return Feed(
            id=self.feed_id,
            url=self.url,
            title=self.title or "",
            publisher=self.publisher or self.title or host_name(self.url),
            category=category,
            tags=tuple(dict.fromkeys(self.tags)),
            language=self.language,
            interval=self.interval or interval,
            unconditional_interval=self.interval or max(interval, unconditional_interval),
            allow_private_address=self.allow_private_address,
            full_text=self.full_text,
            shows_images=(self.images or images) is not Shown.NONE,
            filters=self._filters() if self.keep or self.mute else NO_FILTERS,
            max_entries=self.max_entries,
            retention=self.retention.to_retention() if self.retention.model_fields_set else KEPT_FOR_EVER,
            strip_prefix=self.strip_prefix,
            strip_suffix=self.strip_suffix,
        )

    def _filters(self) -> Filters:
        return Filters(
            keep=tuple(rule.to_rule() for rule in self.keep),
            mute=tuple(rule.to_rule() for rule in self.mute),
            breakout=self.breakout,
        )


def inherit(
    feeds: Iterable[FeedSettings], defaults: Defaults, categories: Mapping[str, CategorySettings]
) -> tuple[FeedSettings, ...]:
    """Give each feed what its category says, else what the defaults say, of whatever it leaves open itself.

    Rules of `keep` and `mute` are added up, headers and retention key by key; everything else is taken from the nearest that says it.
    """
    if not (defaults.model_fields_set or categories):
        return tuple(feeds)
    by_name = {name.casefold(): said for name, said in categories.items()}
    return tuple(_heir(feed, defaults, by_name) for feed in feeds)


def _heir(feed: FeedSettings, defaults: Defaults, categories: Mapping[str, CategorySettings]) -> FeedSettings:
    category = feed.category if "category" in feed.model_fields_set else defaults.category
    nearest_last = [said for said in (defaults, categories.get(category.casefold()), feed) if said is not None]
    update: dict[str, Any] = {"category": category}
    for key in INHERITED:
        said = [getattr(each, key) for each in nearest_last if key in each.model_fields_set]
        if said:
            update[key] = _together(key, said)
    return feed.model_copy(update=update)


def _together(key: str, said: list[Any]) -> Any:  # noqa: ANN401 - a value of any setting
    if key in _ADDED_UP:
        return tuple(rule for rules in said for rule in rules)
    if key == "headers":
        return _merged(said)
    if key == "retention":
        return said[0].model_copy(update={name: getattr(each, name) for each in said for name in each.model_fields_set})
    return said[-1]


def _merged(said: list[Mapping[str, SecretStr]]) -> dict[str, SecretStr]:
    """Put headers over those of the same name, in whatever case, that were said less near."""
    merged: dict[str, tuple[str, SecretStr]] = {}
    for headers in said:
        merged |= {name.lower(): (name, value) for name, value in headers.items()}
    return dict(merged.values())
