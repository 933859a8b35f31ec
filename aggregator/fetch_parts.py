"""Put together what asks servers of others: feeds' and hubs'. Used by `bootstrap`."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

from aggregator.config.model import Configuration
from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.courier import OnCertificate
from aggregator.fetch.hosts import HostPacing
from aggregator.model.fetch import Failed, Fetched, FetchOutcome, FetchRequest
from aggregator.ports import Fetcher

if TYPE_CHECKING:
    from aggregator.fetch.hub import HubClient


def user_agent(configuration: Configuration) -> str:
    """Name program, version and whom to write to, as publishers ask of feed readers (Open RSS, RFC 9110 10.1.5)."""
    return f"aggregator/{version('aggregator')} (+{configuration.site.contact or configuration.site.url})"


def pacing(configuration: Configuration) -> HostPacing:
    """Make what keeps requests to one server apart."""
    return HostPacing(gap=configuration.polling.host_gap, gaps=configuration.polling.gaps)


def fetcher(
    configuration: Configuration, pace: HostPacing, *, on_certificate: OnCertificate | None = None
) -> HttpFetcher:
    """Make what fetches feeds; `on_certificate` is told when certificates end."""
    polling = configuration.polling
    return HttpFetcher(
        user_agent=user_agent(configuration),
        timeout=polling.timeout,
        max_bytes=polling.max_bytes,
        allow_networks=polling.allow_networks,
        pace=pace,
        on_certificate=on_certificate,
    )


PAGES = b"text/html, application/xhtml+xml;q=0.9, text/plain;q=0.1"
LARGEST_PAGE = 3 * 1024 * 1024
"""Bytes. Of pages with articles, hardly one in a thousand is as long."""


def page_fetcher(configuration: Configuration, pace: HostPacing) -> HttpFetcher:
    """Make what fetches the pages that entries link to."""
    polling = configuration.polling
    return HttpFetcher(
        user_agent=user_agent(configuration),
        timeout=polling.timeout,
        max_bytes=LARGEST_PAGE,
        allow_networks=polling.allow_networks,
        pace=pace,
        accept=PAGES,
    )


class FetchedBefore:
    """Gives what was fetched just now instead of asking for it again, once; implements `ports.Fetcher`.

    Who adds a feed has looked at its document: the first poll takes that, so that adding a feed is one GET of it.
    """

    def __init__(self, fetcher: Fetcher, documents: Mapping[str, Fetched]) -> None:
        self._fetcher = fetcher
        self._documents = dict(documents)

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        """Give the document, or ask for it."""
        return self._documents.pop(request.url, None) or await self._fetcher.fetch(request)


class LateHubs:
    """The way to hubs, made when one is asked first; implements `ports.Hubs`.

    It stands on httpx, which takes 100 ms of CPU to import, and `aggregator poll` asks no hub.
    """

    def __init__(self, configuration: Configuration, pace: HostPacing) -> None:
        self._configuration, self._pace = configuration, pace
        self._client: HubClient | None = None

    async def ask(self, hub: str, form: Mapping[str, str], *, allow_private_address: bool = False) -> Failed | None:
        """POST a form, as `ports.Hubs` says."""
        self._client = self._client or _hubs(self._configuration, self._pace)
        return await self._client.ask(hub, form, allow_private_address=allow_private_address)

    async def aclose(self) -> None:
        """Let go of what was made."""
        if self._client:
            await self._client.aclose()


def _hubs(configuration: Configuration, pace: HostPacing) -> "HubClient":
    from aggregator.fetch.hub import HubClient  # noqa: PLC0415 -- see `LateHubs`

    polling, agent = configuration.polling, user_agent(configuration)
    return HubClient(user_agent=agent, timeout=polling.timeout, allow_networks=polling.allow_networks, pace=pace)
