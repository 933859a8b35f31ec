"""One conditional GET: from an address to a document, or to the reason why there is none.

    address -> Trip -> turn of the host -> guard -> request -> Answer -> Trip: outcome, or the next address

Bounds: five redirects, a deadline over all of them, so many bytes on the wire and decoded, so many headers.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast

import httpcore
import httpx

from aggregator.fetch.addresses import AddressPolicy, Network
from aggregator.fetch.body import read_body
from aggregator.fetch.failures import FetchProblem, as_problem, shown
from aggregator.fetch.guard import GuardedBackend
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.resolve import Resolver, SystemResolver
from aggregator.fetch.transport import GuardedTransport
from aggregator.fetch.trip import Answer, Trip
from aggregator.model.fetch import FailureKind, FetchOutcome, FetchRequest

MOST_HEADERS = 200
"""h11 bounds their bytes (100 kB) but not their number: 9,000 headers passed."""
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/json;q=0.9, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)


class HttpFetcher:
    """Fetches documents over HTTP/1.1, each by one conditional GET through guard and pacing.

    Constant User-Agent; no cookies, no Referer, no proxy, nothing else from the environment.

    Args:
        user_agent: sent as it is; name, version and a way to reach who runs this.
        timeout: for one document, redirects included; waiting for the host's turn does not count.
        max_bytes: of the body, on the wire and decoded.
        pace: shared by everything that asks the same hosts.
        allow_networks: networks that may be dialled although they are not public.
        resolve: names to addresses; None asks the operating system.
        dialler: opens connections; None does it for real.
        tls: whom to trust; None trusts the public authorities that certifi lists.
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
        dialler: httpcore.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._headers = _constant_headers(user_agent)
        self._seconds = timeout.total_seconds()
        self._max_bytes = max_bytes
        self._pace = pace
        self._resolver = SystemResolver()
        trusted = tls or httpx.create_ssl_context(trust_env=False)

        def client(policy: AddressPolicy) -> httpx.AsyncClient:
            backend = GuardedBackend(
                policy=policy, resolve=resolve or self._resolver, dialler=dialler or httpcore.AnyIOBackend()
            )
            return _client(GuardedTransport(backend=backend, tls=trusted))

        # The guard sees a host and a port, not whose request it is: so there is one client for each answer to that.
        networks = tuple(allow_networks)
        self._public = client(AddressPolicy(allow_networks=networks))
        self._private = client(AddressPolicy(allow_networks=networks, allow_private=True))

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """Make one conditional GET. Never raises for what a server or an address does."""
        client = self._private if request.allow_private_address else self._public
        deadline = _Deadline(self._seconds)
        try:
            trip = Trip.begin(request)
            while True:
                if outcome := trip.judge(await self._visit(client, trip, deadline)):
                    return outcome
        except FetchProblem as problem:
            return problem.as_failed()

    async def aclose(self) -> None:
        """Close connections and the resolver's threads."""
        await self._public.aclose()
        await self._private.aclose()
        self._resolver.close()

    async def _visit(self, client: httpx.AsyncClient, trip: Trip, deadline: "_Deadline") -> Answer:
        url = trip.target.url
        try:
            async with self._pace.turn(str(url)), deadline.running():
                return await self._ask(client, trip)
        except FetchProblem:
            raise
        except TimeoutError as error:
            raise FetchProblem(FailureKind.TIMEOUT, f"{shown(url)} was not done within {self._seconds:g} s") from error
        except Exception as error:
            raise as_problem(error, url) from error

    async def _ask(self, client: httpx.AsyncClient, trip: Trip) -> Answer:
        target = trip.target
        request = client.build_request("GET", target.url, headers=[*self._headers, *trip.conditions()])
        login = httpx.BasicAuth(*target.login) if target.login else None
        response = await client.send(request, auth=login, stream=True, follow_redirects=False)
        try:
            return await self._read(response)
        finally:
            await response.aclose()

    async def _read(self, response: httpx.Response) -> Answer:
        headers = _header_values(response)
        body = b""
        if response.status_code == HTTPStatus.OK:
            # It is a generator, whatever its annotation says; left to the garbage collector it would close too late.
            raw = cast("AsyncGenerator[bytes, None]", response.aiter_raw())
            async with aclosing(raw) as pieces:
                body = await read_body(pieces, headers, max_bytes=self._max_bytes)
        location = next((value for name, value in response.headers.raw if name.lower() == b"location"), None)
        return Answer(status=response.status_code, headers=headers, location=location, body=body)


class _Deadline:
    """Time for all requests of one trip together; it only passes while one runs."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(max(self._left, 0.0)):
                yield
        finally:
            self._left -= loop.time() - started


def _client(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    unlimited = httpx.Timeout(None)  # `_Deadline` bounds a whole trip; httpx would only bound each read of it
    return httpx.AsyncClient(transport=transport, cookies=no_cookies, timeout=unlimited, trust_env=False)


def _constant_headers(user_agent: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"User-Agent", user_agent.encode("latin-1", "replace")),
        (b"Accept", ACCEPT.encode("ascii")),
        (b"Accept-Encoding", b"gzip"),
        (b"Connection", b"close"),
    ]


def _header_values(response: httpx.Response) -> dict[str, str]:
    pairs = response.headers.raw
    if len(pairs) > MOST_HEADERS:
        raise FetchProblem(FailureKind.BAD_RESPONSE, f"the answer has {len(pairs)} headers, more than {MOST_HEADERS}")
    values: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        values[name] = f"{values[name]}, {value}" if name in values else value
    return values
