"""Asking WebSub hubs to begin or end a subscription (https://www.w3.org/TR/websub/ section 5.1).

The address of a hub is written by whoever wrote the feed: httpx asks it over the same guard, bounds and pacing as polls.
"""

import re
import ssl
from collections.abc import Mapping, Sequence
from datetime import timedelta

import httpx

from aggregator.fetch.addresses import Network
from aggregator.fetch.body import Opening
from aggregator.fetch.courier import Courier
from aggregator.fetch.dial import Dialler
from aggregator.fetch.failures import FetchProblem, as_problem, shown
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.resolve import Resolver
from aggregator.fetch.transport import ALLOW_PRIVATE, GuardedTransport, client_over, url_of
from aggregator.fetch.urls import Target
from aggregator.model.fetch import Failed, FailureKind

MOST_SAID = 200
"""Characters of a hub's explanation that are kept."""

_NOT_WORDS = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\ufffd]+")


class HubClient:
    """Posts forms to hubs; implements `ports.Hubs`.

    Redirects are not followed here: a form holds a secret. They come back as failures, and who asks decides whether to
    go on there (`polling.hubs.moved`: 307 and 308, once).

    Args:
        user_agent: name, version and a way to reach who runs this.
        timeout: for one request; waiting for the server's turn does not count.
        pace: shared by everything that asks the same servers.
        allow_networks: networks that may be dialled although they are not public.
        resolve: names to addresses; None asks the operating system.
        dialler: opens connections; None does it for real.
        tls: whom to trust; None trusts the public authorities that certifi lists.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        timeout: timedelta,
        pace: HostPacing,
        allow_networks: Sequence[Network] = (),
        resolve: Resolver | None = None,
        dialler: Dialler | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        courier = Courier(pace=pace, allow_networks=allow_networks, resolve=resolve, dialler=dialler, tls=tls)
        transport = GuardedTransport(courier, user_agent=user_agent, timeout=timeout, open_body=_opening)
        # Nothing is unpacked here: what a hub says to a form is a line of text.
        headers = {"Accept": "text/plain, */*;q=0.1", "Accept-Encoding": "identity"}
        self._client = client_over(transport, headers=headers)

    async def ask(self, hub: str, form: Mapping[str, str], *, allow_private_address: bool = False) -> Failed | None:
        """POST a form; None when the hub took it (2xx). Never raises for what a server or an address does."""
        try:
            target = Target.from_text(hub)
            response = await self._client.post(
                url_of(target),
                data=form,
                auth=target.login or httpx.USE_CLIENT_DEFAULT,
                extensions={ALLOW_PRIVATE: allow_private_address},
            )
        except (FetchProblem, httpx.HTTPError) as error:
            return as_problem(error, hub).as_failed()
        return None if response.is_success else _refusal(response, target)

    async def aclose(self) -> None:
        """Let go of the resolver's threads."""
        await self._client.aclose()


def _opening(status: int, headers: dict[str, str]) -> Opening | None:
    """Read why a hub refuses; a packed explanation is left alone."""
    is_readable = headers.get("content-encoding", "identity").lower() == "identity"
    return Opening(4 * MOST_SAID) if is_readable and not httpx.codes.is_success(status) else None


def _refusal(response: httpx.Response, target: Target) -> Failed:
    phrase = f"HTTP {response.status_code} {response.reason_phrase}".rstrip()
    said = _NOT_WORDS.sub(" ", response.content.decode("utf-8", "replace")).strip()[:MOST_SAID].rstrip()
    return Failed(
        kind=FailureKind.STATUS,
        message=f"{phrase} from {shown(target.url)}" + (f": {said}" if said else ""),
        status=response.status_code,
        headers=dict(response.headers),
        url=target.url,
    )
