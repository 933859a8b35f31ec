"""What feeds.yaml says that bears on polling, beyond what is said of single feeds and stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aggregator.model.access import OPEN, Access
from aggregator.model.feed import DueFeed
from aggregator.model.ids import FeedId
from aggregator.polling.moves import Owners
from aggregator.text.urls import origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What feeds.yaml says that bears on reading a document, and on recognising entries and feeds."""

    copy_window: timedelta = timedelta(hours=48)
    publisher_names: tuple[str, ...] = ()
    """Of all feeds: any of them may end a headline that another feed passes on."""
    own_origins: tuple[str, ...] = ()
    """See `Document.own_origins`."""
    addresses: Owners = field(default_factory=dict)
    """Of all feeds: what permanent redirects lead to is not adopted where another feed is polled there."""
    access: Mapping[FeedId, Access] = field(default_factory=dict)
    """Of those feeds that have a login, headers or a proxy of their own."""

    def access_to(self, due: DueFeed) -> Access:
        """Give what a request for a feed carries; nothing where it has moved to another origin (RFC 6454), whose secrets these are not."""
        access = self.access.get(due.feed.id, OPEN)
        # To find two origins takes a twentieth of all that a poll without news costs, and most feeds have nothing, and have not moved.
        if access is OPEN or due.url == due.feed.url or origin(due.url) == origin(due.feed.url):
            return access
        return replace(access, login=None, headers=())
