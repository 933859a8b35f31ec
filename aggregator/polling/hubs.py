"""Which WebSub hubs a feed names (https://www.w3.org/TR/websub/ section 4). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urldefrag, urljoin

from aggregator.model.feed import ParsedFeed
from aggregator.model.fetch import Failed, Fetched
from aggregator.model.push import Advertised, PushStage, Subscription
from aggregator.polling.freshness import retry_after
from aggregator.polling.links import Link, links
from aggregator.text.urls import web_url

MOST_HUBS = 2
"""Of one feed. Each sends everything; a second one is for the day on which the first is down."""

LEAST_REST = timedelta(hours=1)
"""After a 429, however soon it says to come back: no subscription is so urgent."""

_REDIRECTS = frozenset({307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is to be done about the hubs of a feed, as its last document names them."""

    wanted: tuple[str, ...] = ()
    """Hubs to subscribe at, where there is no subscription yet."""
    ended: tuple[Subscription, ...] = ()
    """Subscriptions to end: their hub is named no more, or under another topic."""


def advertised(fetched: Fetched, document: ParsedFeed) -> Advertised | None:
    """Find hubs and topic: in Link headers, else in the document (section 4). None where either is missing.

    The topic is the feed's `rel="self"`, as written: hubs compare it by character. The address that was fetched is not
    it, for hubs know nothing of redirects and of other spellings.
    """
    found = links(fetched.headers.get("link", ""))
    hubs = _hubs(_targets(found, "hub", fetched.url) or document.hubs)
    selves = _targets(found, "self", fetched.url)
    topic = next((address for address in (*selves, document.topic) if web_url(address)), None)
    return Advertised(topic=topic, hubs=hubs) if topic and hubs else None


def _targets(found: Sequence[Link], relation: str, base: str) -> list[str]:
    # urljoin raises for what is no address ("http://[bad"); web_url does not, but respells what it takes.
    targets = [link.target for link in found if relation in link.relations]
    return [urljoin(base, target) for target in targets if web_url(target, base=base)]


def _hubs(addresses: Sequence[str]) -> tuple[str, ...]:
    strict = [urldefrag(url).url for url in map(web_url, addresses) if url]
    return tuple(dict.fromkeys(strict))[:MOST_HUBS]


def moved(hub: str, failed: Failed) -> str | None:
    """Give the hub that a hub sends us on to (section 5.1.2: 307 and 308); None where it does not, or out of encryption."""
    if failed.status not in _REDIRECTS:
        return None
    address = web_url(failed.headers.get("location"), base=hub)
    return None if address and hub.startswith("https:") and not address.startswith("https:") else address


def rest(failed: Failed, *, now: datetime) -> datetime | None:
    """Say until when a hub that did not take a request wants to be left alone, for whatever feed; None: it did not say.

    Read of every answer, not of a 429 alone: a 503 of a hub, unlike one of a feed, is about all that can be asked there.
    """
    asked = retry_after(failed.headers, now=now)
    if failed.status == HTTPStatus.TOO_MANY_REQUESTS:
        return now + max(asked.length if asked else LEAST_REST, LEAST_REST)
    return now + asked.length if asked else None


def compare(known: Sequence[Subscription], said: Advertised | None) -> Offer:
    """Say which subscriptions a feed lacks, and which it has too many.

    One that is being ended is left alone: where its hub is named again, a poll after its end begins anew.
    """
    topic, hubs = (said.topic, said.hubs) if said else ("", ())
    at_hub = {subscription.hub for subscription in known}
    return Offer(
        wanted=tuple(hub for hub in hubs if hub not in at_hub),
        ended=tuple(
            each
            for each in known
            if each.stage is not PushStage.LEAVING and (each.hub not in hubs or each.topic != topic)
        ),
    )
