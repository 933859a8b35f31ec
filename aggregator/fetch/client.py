"""One conditional GET: from an address to a document, or to the reason why there is none.

    address -> Trip -> request -> Courier (turn, guard, connection) -> Answer -> Trip: outcome, or the next address

Bounds: five redirects, a deadline over all of them, so many bytes on the wire and decoded, so many headers.
"""

import ssl
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus

from aggregator.fetch.addresses import Network
from aggregator.fetch.answers import Answer
from aggregator.fetch.body import Document
from aggregator.fetch.courier import Courier, Deadline, OnCertificate
from aggregator.fetch.dial import Dialler
from aggregator.fetch.failures import FetchProblem
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.proxies import Proxy
from aggregator.fetch.requests import RequestWriter
from aggregator.fetch.resolve import Resolver
from aggregator.fetch.trip import Trip
from aggregator.model.fetch import FetchOutcome, FetchRequest

ACCEPT = (
    b"application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    b"application/json;q=0.9, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)


class HttpFetcher:
    """Fetches documents over HTTP/1.1, each by one conditional GET through guard and pacing. Belongs to one event loop.

    Constant User-Agent; no cookies and no Referer but what a feed says itself, no proxy but its own, nothing from the environment.

    Args:
        user_agent: name, version and a way to reach who runs this.
        timeout: for one document, redirects included; waiting for the server's turn does not count.
        max_bytes: of the body, on the wire and decoded.
        pace: shared by everything that asks the same servers.
        allow_networks: networks that may be dialled although they are not public.
        resolve: names to addresses; None asks the operating system.
        dialler: opens connections; None does it for real.
        tls: whom to trust; None trusts the public authorities that certifi lists.
        on_certificate: is told whose certificate was accepted, and when it ends.
        accept: which types of documents are asked for.
    """

    def __init__(  # noqa: PLR0913 -- the last three are seams for tests
        self,
        *,
        user_agent: str,
        timeout: timedelta,
        max_bytes: int,
        pace: HostPacing,
        allow_networks: Sequence[Network] = (),
        resolve: Resolver | None = None,
        dialler: Dialler | None = None,
        tls: ssl.SSLContext | None = None,
        on_certificate: OnCertificate | None = None,
        accept: bytes = ACCEPT,
    ) -> None:
        fields = [(b"Accept", accept), (b"Accept-Encoding", b"gzip")]
        self._writer = RequestWriter(user_agent=user_agent, fields=fields, keep=True)
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._courier = Courier(
            pace=pace,
            allow_networks=allow_networks,
            resolve=resolve,
            dialler=dialler,
            tls=tls,
            keep=True,
            on_certificate=on_certificate,
        )

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """Make one conditional GET. Never raises for what a server or an address does."""
        deadline = Deadline(self._timeout)
        try:
            trip = Trip.begin(request)
        except FetchProblem as problem:
            return problem.as_failed()
        try:
            while True:
                answer = await self._ask(trip, deadline, private=request.allow_private_address)
                if outcome := trip.judge(answer):
                    return outcome
        except FetchProblem as problem:
            return trip.ended(problem)

    async def aclose(self) -> None:
        """Let go of kept connections and of the resolver's threads."""
        self._courier.close()

    async def _ask(self, trip: Trip, deadline: Deadline, *, private: bool) -> Answer:
        access = trip.request.access
        proxy = Proxy.from_text(access.proxy) if access.proxy else None
        written = self._writer.write(b"GET", trip.target, [*trip.own_headers(), *trip.conditions()])
        return await self._courier.bring(
            trip.target, written, self._document, deadline=deadline, private=private, proxy=proxy
        )

    def _document(self, status: int, headers: dict[str, str]) -> Document | None:
        """Read the body of a 200 alone: no other answer brings a document."""
        return Document(headers, max_bytes=self._max_bytes) if status == HTTPStatus.OK else None
