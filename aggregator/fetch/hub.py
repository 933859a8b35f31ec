"""Asking WebSub hubs to begin or end a subscription (https://www.w3.org/TR/websub/ section 5.1).

The address of a hub is written by whoever wrote the feed: it goes through the same guard, bounds and pacing.
"""

import re
import ssl
from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from aggregator.fetch.addresses import Network
from aggregator.fetch.answers import Answer
from aggregator.fetch.body import Opening
from aggregator.fetch.courier import Courier, Deadline
from aggregator.fetch.dial import Dialler
from aggregator.fetch.failures import FetchProblem, shown
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.requests import RequestWriter
from aggregator.fetch.resolve import Resolver
from aggregator.fetch.urls import Target
from aggregator.model.fetch import Failed, FailureKind

MOST_SAID = 200
"""Characters of a hub's explanation that are kept."""

_NOT_WORDS = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\ufffd]+")


class HubClient:
    """Posts forms to hubs; implements `ports.Hubs`.

    Redirects are not followed: a form holds a secret, and a hub that has moved is found again in the feed.

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
        # Nothing is unpacked here: what a hub says to a form is a line of text.
        self._writer = RequestWriter(
            user_agent=user_agent,
            fields=[
                (b"Accept", b"text/plain, */*;q=0.1"),
                (b"Accept-Encoding", b"identity"),
                (b"Content-Type", b"application/x-www-form-urlencoded"),
            ],
        )
        self._timeout = timeout
        self._courier = Courier(pace=pace, allow_networks=allow_networks, resolve=resolve, dialler=dialler, tls=tls)

    async def ask(self, hub: str, form: Mapping[str, str], *, allow_private_address: bool = False) -> Failed | None:
        """POST a form; None when the hub took it (2xx). Never raises for what a server or an address does."""
        body = urlencode(form).encode("ascii")
        try:
            target = Target.from_text(hub)
            written = self._writer.write(b"POST", target, [(b"Content-Length", b"%d" % len(body))], body=body)
            answer = await self._courier.bring(
                target, written, _opening, deadline=Deadline(self._timeout), private=allow_private_address
            )
        except FetchProblem as problem:
            return problem.as_failed()
        return None if _is_taken(answer.status) else _refusal(answer, target)

    async def aclose(self) -> None:
        """Let go of the resolver's threads."""
        self._courier.close()


def _is_taken(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _opening(status: int, headers: dict[str, str]) -> Opening | None:
    """Read why a hub refuses; a packed explanation is left alone."""
    is_readable = headers.get("content-encoding", "identity").lower() == "identity"
    return Opening(4 * MOST_SAID) if is_readable and not _is_taken(status) else None


def _refusal(answer: Answer, target: Target) -> Failed:
    said = _NOT_WORDS.sub(" ", answer.body.decode("utf-8", "replace")).strip()[:MOST_SAID].rstrip()
    return Failed(
        kind=FailureKind.STATUS,
        message=f"{answer.phrase} from {shown(target.url)}" + (f": {said}" if said else ""),
        status=answer.status,
        headers=answer.headers,
        url=target.url,
    )
