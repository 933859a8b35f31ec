"""Find the feed behind an address that a person has: the address of the feed, or of a page that names one.

    one GET of the address      a feed: done
                                a page: one GET each of the feeds that its head announces
                                        none: of those that it links to
                                        none: of the few places where sites usually have theirs

Every request goes through the guard and the pacing of polls; servers that asked to be left alone are left alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from aggregator.errors import UserError
from aggregator.feeds.charset import decode
from aggregator.feeds.discover import Candidate, announced, guesses, linked
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchRequest
from aggregator.model.ids import RateGroup
from aggregator.polling.groups import rate_group
from aggregator.ports import Clock, Fetcher, Parser, Store

ENOUGH: Final = 6
"""Candidates that are asked: who has more to choose from has named the wrong page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A document that is a feed."""

    url: str
    """Where to poll it: behind permanent redirects."""
    title: str
    entries: int
    newest_at: datetime | None
    fetched: Fetched
    """For the first poll, so that it need not ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is behind an address."""

    feeds: tuple[FoundFeed, ...] = ()
    """Each a different document; the first is the one that was named, or that the page names first."""
    failure: Failed | None = None
    """Why the address itself is no feed; None: it is one."""
    asked: int = 0
    """Addresses that were asked."""


class Finder:
    """Looks for feeds.

    Args:
        store: what is known of servers that want to be left alone; None where there is no database yet.
        fetcher: as for polls.
        parser: likewise.
        clock: likewise.
        allow_private_address: may private addresses be asked, as the feed may be later on.
    """

    def __init__(
        self,
        store: Store | None,
        fetcher: Fetcher,
        parser: Parser,
        clock: Clock,
        *,
        allow_private_address: bool = False,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._private = allow_private_address

    async def find(self, url: str) -> Findings:
        """Look at an address, and at what the page there names.

        Raises:
            UserError: its server has asked to be left alone.
        """
        paused = await self._paused()
        if rate_group(url) in paused:
            raise UserError(
                f"{url}: its server has asked to be left alone for now; `aggregator feeds schedule` says how long"
            )
        got = await self._fetched(url, paused)
        if isinstance(got, Failed):
            return Findings(failure=got, asked=1)
        read = await self._read(got)
        if isinstance(read, ParsedFeed):
            return Findings(feeds=(_found(url, got, read, Candidate(url=url)),), asked=1)
        if read.kind is not FailureKind.NOT_A_FEED:
            return Findings(failure=read, asked=1)
        return await self._behind_page(got, read, paused)

    async def _behind_page(self, page: Fetched, failure: Failed, paused: frozenset[RateGroup]) -> Findings:
        text, _ = decode(page.body, page.headers.get("content-type", ""))
        asked = 1
        for candidates in (announced(text, page.url), linked(text, page.url), guesses(page.url)):
            open_to_us = [each for each in candidates if rate_group(each.url) not in paused][:ENOUGH]
            found = await self._feeds(open_to_us, paused)
            asked += len(open_to_us)
            if found:
                return Findings(feeds=tuple(found), failure=failure, asked=asked)
        return Findings(failure=failure, asked=asked)

    async def _feeds(self, candidates: Sequence[Candidate], paused: frozenset[RateGroup]) -> Iterable[FoundFeed]:
        """Ask one after another, which is also what one server gets from polls; give those that are feeds."""
        found: dict[str, FoundFeed] = {}
        for candidate in candidates:
            got = await self._fetched(candidate.url, paused)
            read = await self._read(got) if isinstance(got, Fetched) else got
            if isinstance(got, Fetched) and isinstance(read, ParsedFeed):
                feed = _found(candidate.url, got, read, candidate)
                found.setdefault(feed.url, feed)
        return found.values()

    async def _fetched(self, url: str, paused: frozenset[RateGroup]) -> Fetched | Failed:
        got = await self._fetcher.fetch(FetchRequest(url=url, paused=paused, allow_private_address=self._private))
        match got:
            case Fetched() | Failed():
                return got
            case _:
                message = f"HTTP 410 Gone from {url}: the publisher says that it is gone for good"
                return Failed(kind=FailureKind.STATUS, message=message, status=410)

    async def _read(self, fetched: Fetched) -> ParsedFeed | Failed:
        content_type = fetched.headers.get("content-type", "")
        return await self._parser.parse(Document(body=fetched.body, url=fetched.url, content_type=content_type))

    async def _paused(self) -> frozenset[RateGroup]:
        if self._store is None:
            return frozenset()
        now = self._clock.now()
        return frozenset(pause.group for pause in await self._store.read(lambda tx: tx.feeds.pauses(now=now)))


def _found(url: str, fetched: Fetched, document: ParsedFeed, candidate: Candidate) -> FoundFeed:
    times = [entry.published_at or entry.updated_at for entry in document.entries]
    return FoundFeed(
        url=fetched.permanent_url or url,
        title=document.title or candidate.title,
        entries=document.size,
        newest_at=max((at for at in times if at), default=None),
        fetched=replace(fetched, permanent_url=None),
    )
