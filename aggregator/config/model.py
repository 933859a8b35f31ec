"""What feeds.yaml may hold, and what it means where it says nothing. docs/configuration.md tells people the same."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator

from aggregator.config import sizes
from aggregator.config.access import SiteAccess
from aggregator.config.care import Care
from aggregator.config.digests import DigestSettings, NamedDigests, plans
from aggregator.config.feed_fields import Addresses
from aggregator.config.feeds import Categories, Defaults, FeedSettings, inherit
from aggregator.config.fields import (
    DEFAULT_GAPS,
    Contact,
    Folder,
    Gap,
    Gaps,
    Interval,
    Lateness,
    Line,
    Network,
    Number,
    Push,
    Share,
    Shown,
    ShownImages,
    SiteAddress,
    Size,
    Timeout,
    Token,
    Websub,
    Window,
    Zone,
    counting,
)
from aggregator.config.mail import Mail
from aggregator.config.plain import Path
from aggregator.config.section import Section
from aggregator.feeds.limits import MAX_BODY
from aggregator.model.access import Access
from aggregator.model.copies import USUAL_WINDOW
from aggregator.model.digest import DigestPlan
from aggregator.model.feed import Feed
from aggregator.model.grouping import StorySettings
from aggregator.model.ids import FeedId
from aggregator.polling.groups import is_public


class Site(Section):
    """What the published site says of itself."""

    title: Line = "Aggregator"
    description: Line | None = None
    """A sentence about the site, for its pages and feeds."""
    url: SiteAddress = "http://localhost:8000/"
    """Where readers reach the site; addresses in feeds begin with it. Ends with a slash."""
    timezone: Zone = ZoneInfo("UTC")
    """Days begin here, and times are shown so."""
    contact: Contact | None = None
    """Mail or web address that publishers are told in the User-Agent."""


class Polling(Section):
    """How publishers' servers are asked."""

    interval: Interval = timedelta(hours=1)
    """Of feeds that name none."""
    unconditional_interval: Interval = timedelta(days=1)
    """Of feeds that name none, while their server answers no conditional requests."""
    host_gap: Gap = timedelta(seconds=2)
    """Rest between two requests to one publisher's servers; none: pacing is off."""
    gaps: Gaps = DEFAULT_GAPS
    """The same for single registrable domains."""
    timeout: Timeout = timedelta(seconds=20)
    """For one request, redirects and body included."""
    max_bytes: Annotated[Size, counting(1024, MAX_BODY, sizes.spell)] = MAX_BODY
    """Of one document, unpacked; the parser takes no longer ones."""
    concurrency: Annotated[Number, counting(1, 256)] = 16
    """Feeds under way at once."""
    allow_networks: tuple[Network, ...] = ()
    """Private networks whose hosts may be polled."""
    websub: Websub = Push.AUTO
    """Whether hubs are asked to send what is new."""


class Copies(Section):
    """When two entries are the same news."""

    window: Window = USUAL_WINDOW
    """Same headline, published at most this far apart."""


class Stories(Section):
    """When entries report one event."""

    idle: Window = StorySettings().idle
    """A story that gains nothing for so long is closed."""
    span: Window = StorySettings().span
    """From its first entry to its last, at most."""
    late: Lateness = StorySettings().late
    """How long a story is kept at hand, once it is closed, for entries of its time that come in late."""
    embeddings: Folder | None = None
    """A model on this machine that is asked how like two entries are, beside their words."""
    embeddings_share: Share = 0.1
    """How much of the likeness is that of the model; 0: it is not asked."""

    @property
    def settings(self) -> StorySettings:
        """What the story engine goes by."""
        return StorySettings(idle=self.idle, span=self.span, late=self.late)


class Media(Section):
    """How images of third parties are shown."""

    images: ShownImages = Shown.PROXIED
    """In pages; the published feeds name them where they are."""
    max_bytes: Annotated[Size, counting(1024, 50 * 1024**2, sizes.spell)] = 10 * 1024**2
    """Of one image."""
    cache: Annotated[Size, counting(1024**2, 1024 * 1024**3, sizes.spell)] = 500 * 1024**2
    """Room on disk for all that were fetched."""


class Metrics(Section):
    """Who may read /metrics besides this machine, and in its place."""

    token: Token | None = None
    """Opens them to whoever sends it, from anywhere."""
    allow_networks: tuple[Network, ...] = ()
    """Opens them to whoever asks directly from there."""

    @property
    def secret(self) -> str:
        """The token as it is sent; empty where there is none."""
        return self.token.get_secret_value() if self.token else ""


class Configuration(Section):
    """A whole feeds.yaml, free of contradictions when it comes from `config.read.load`."""

    site: Site = Site()
    polling: Polling = Polling()
    copies: Copies = Copies()
    stories: Stories = Stories()
    media: Media = Media()
    access: SiteAccess = SiteAccess()
    metrics: Metrics = Metrics()
    care: Care = Care()
    mail: Mail = Mail()
    digest: DigestSettings = DigestSettings()
    digests: NamedDigests = ()
    defaults: Defaults = Defaults()
    categories: Categories = Field(default_factory=dict)
    include: Addresses = ()
    """Subscription lists (OPML) whose feeds are polled as well."""
    feeds: tuple[FeedSettings, ...]
    """With what `defaults` and `categories` say where they say nothing themselves: those stand before them for that."""

    @field_validator("feeds")
    @classmethod
    def _inherit(cls, feeds: tuple[FeedSettings, ...], info: ValidationInfo) -> tuple[FeedSettings, ...]:
        # What is missing is wrong, and told for itself.
        return inherit(feeds, info.data.get("defaults", Defaults()), info.data.get("categories", {}))

    _origins: Mapping[FeedId, str] = PrivateAttr(default_factory=dict)

    @property
    def origins(self) -> Mapping[FeedId, str]:
        """Give the lists that feeds come from which are not the file's own, by the ids of those feeds."""
        return self._origins

    def with_feeds(self, feeds: tuple[FeedSettings, ...], origins: Mapping[FeedId, str]) -> "Configuration":
        """Give the same configuration with other feeds; `origins` as above."""
        made = Configuration.model_construct(
            self.model_fields_set,
            **{name: getattr(self, name) for name in Configuration.model_fields} | {"feeds": feeds},
        )
        made._origins = origins  # noqa: SLF001 -- of the same class
        return made

    @property
    def websub_enabled(self) -> bool:
        """Tell whether to subscribe at hubs: told to, or where a hub can be expected to reach `site.url`."""
        return self.polling.websub is Push.ON or (self.polling.websub is Push.AUTO and is_public(self.site.url))

    @property
    def digest_plans(self) -> tuple[DigestPlan, ...]:
        """Give the digests that are ordered, the daily one first; categories spelt as feeds.yaml spells them first."""
        weights = {name: said.weight for name, said in self.categories.items() if said.weight is not None}
        return plans(self.digest, self.digests, self._spelling, weights)

    @property
    def digests_by_path(self) -> dict[Path, DigestSettings]:
        """Give what is said of each digest, by its path from the top of the file."""
        return {("digest",): self.digest, **{("digests", place): each for place, each in enumerate(self.digests)}}

    @property
    def _spelling(self) -> dict[str, str]:
        spelling = {name.casefold(): name for name in self.categories}
        for settings in self.feeds:
            spelling.setdefault(settings.category.casefold(), settings.category)
        return spelling

    def enabled_feeds(self) -> tuple[Feed, ...]:
        """Give the feeds to poll, defaults filled in, in the order of the file.

        Categories that differ in case alone are one category, spelt as where it is named first.
        """
        return self._enabled_feeds

    def changed_sections(self, before: "Configuration") -> tuple[str, ...]:
        """Name the keys at the top of the file that say something else than before, but for feeds and what holds for them."""
        names = (name for name in Configuration.model_fields if name not in {"feeds", "defaults", "categories"})
        return tuple(name for name in names if getattr(before, name) != getattr(self, name))

    def feed_access(self) -> dict[FeedId, Access]:
        """Give what is secret about asking feeds, by their ids; most have nothing."""
        found = ((settings.feed_id, settings.access()) for settings in self.feeds if settings.enabled)
        return {feed_id: access for feed_id, access in found if access}

    @cached_property
    def _enabled_feeds(self) -> tuple[Feed, ...]:
        """Made once: a command asks three times, and a thousand feeds take 12 ms."""
        spelling = self._spelling
        interval, unconditional = self.polling.interval, self.polling.unconditional_interval
        return tuple(
            settings.to_feed(
                interval=interval,
                unconditional_interval=unconditional,
                category=spelling[settings.category.casefold()],
                images=self.media.images,
            )
            for settings in self.feeds
            if settings.enabled
        )
