"""A farm whose news goes on by itself, and some of whose servers fail: what `benchmarks.soak` polls.

    python -m benchmarks.soak_farm --feeds 2000 --faults 5 --every 180      prints its port, ends with its standard input

    good      answers well, always
    moved     redirects to where it answers well: for good, or for now
    flaky     of its answers, two in five are a fault that passes (`faults.PASSING`)
    broken    never answers well (`faults.LASTING`, or nobody listens)

Every `--every` seconds a newspaper comes out anew: two articles more, one of those it has corrected, and one that had left its feed is
back. The farm keeps a record, which `/control/record` gives out: when each feed was asked, and which articles its reader *owes*. Those are
of an edition that the reader named as the one it holds (`If-None-Match`): then it had been told to keep them, and said that it did.
"""

import argparse
import asyncio
import json
import socket
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from random import Random
from typing import Final

from benchmarks.farm import (
    HOSTS,
    Conversation,
    Page,
    address,
    document,
    header,
    listen,
    page,
    path,
    serve_until_input_ends,
)
from benchmarks.faults import LASTING, PASSING, Fault
from benchmarks.formats import FORMATS
from benchmarks.news import Article, Newspaper

STEP: Final = timedelta(hours=3)
"""From one article of a newspaper to the next: news goes faster than the clock, so that stories close while somebody watches."""
CORRECTED_AT: Final = 5
"""Places behind the newest article at which one is corrected."""
_REFUSED: Final = "refused"
_SHARE_OF_FAULTS: Final = 0.4


class Kind(StrEnum):
    """How a feed's server behaves."""

    GOOD = "good"
    MOVED = "moved"
    FLAKY = "flaky"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One feed of the farm, as told before anything is asked."""

    number: int
    kind: Kind
    fault: str = ""
    """In `faults`, or what else is wrong."""


def plots(feeds: int, *, faults: int) -> list[Plot]:
    """Say which feed behaves how: `faults` per cent are broken, as many flaky, and one in a hundred has moved."""
    found, kinds = [], (*LASTING, _REFUSED)
    for number in range(feeds):
        which = number * faults // 100
        is_broken = (number + 1) * faults // 100 > which
        is_flaky = not is_broken and number > 0 and number * faults // 100 > (number - 1) * faults // 100
        if is_broken:
            found.append(Plot(number=number, kind=Kind.BROKEN, fault=kinds[which % len(kinds)]))
        elif is_flaky:
            found.append(Plot(number=number, kind=Kind.FLAKY, fault="every now and then"))
        elif number % 100 in {3, 53}:
            found.append(Plot(number=number, kind=Kind.MOVED, fault="for good" if number % 100 == 3 else "for now"))
        else:
            found.append(Plot(number=number, kind=Kind.GOOD))
    return found


class Paper(Newspaper):
    """A newspaper of these days.

    Args:
        number: as `Newspaper`, and so is `seed`.
        first_day: when the last article of its first edition was published.
    """

    def __init__(self, number: int, *, seed: int, first_day: datetime) -> None:
        super().__init__(number, seed=seed)
        self._first_day = first_day

    def edition(self, number: int) -> list[Article]:
        """Write what the feed lists after so many changes: newest first, at the end one that had left it."""
        newest = self.size - 1 + 2 * number
        oldest = newest - self.size + 1
        back = [number // 2] if number > 1 else []
        serials = [*range(newest, oldest - 1, -1), *back]
        return [self._told(serial, number) for serial in serials]

    def _told(self, serial: int, edition: int) -> Article:
        article = self._article(serial)
        at = self._first_day + STEP * (serial - self.size + 1) + timedelta(minutes=self.number % 37)
        article = replace(article, published_at=at)
        corrected_in, odd = divmod(serial - self.size + 1 + CORRECTED_AT, 2)
        if odd or not 0 < corrected_in <= edition:
            return article
        return replace(article, title=f"{article.title} (corrected)", html=f"{article.html}<p>Corrected.</p>")


@dataclass(slots=True, kw_only=True)
class Record:
    """What happened to one feed."""

    kind: Kind
    fault: str
    asked: list[float] = field(default_factory=list)
    """`time.monotonic`, which is the same in every process."""
    edition: int = 0
    etag: str = ""
    """Of that edition."""
    given: set[str] = field(default_factory=set)
    """Names (guids, or addresses where there are none) of what was ever sent."""
    owed: set[str] = field(default_factory=set)
    """Likewise, of what the reader said it holds."""
    newest: dict[str, str] = field(default_factory=dict)
    """Name and title of what the last edition lists."""


class Field:
    """All feeds of the farm."""

    def __init__(self, planted: list[Plot], *, seed: int, first_day: datetime, port: int) -> None:
        self._port = port
        self._planted = planted
        self._papers = [Paper(each.number, seed=seed, first_day=first_day) for each in planted]
        self.records = [Record(kind=each.kind, fault=each.fault) for each in planted]
        self._pages: list[Page] = []
        self._held: dict[bytes, list[str]] = {}
        self._numbers = {path(each.number).encode(): each.number for each in planted}
        self._random = Random(seed)
        self._goes_on = True
        for paper in self._papers:
            self._pages.append(self._printed(paper, 0))

    def _printed(self, paper: Paper, edition: int) -> Page:
        number, articles = paper.number, paper.edition(edition)
        # Broken feeds are every twentieth: without the second part they would all be of one format.
        form = list(FORMATS)[(number + number // 20) % len(FORMATS)]
        printed = page(paper, articles, form, port=self._port, changed_at=articles[0].published_at)
        # RSS 1.0 has no names of its own: an item is named by its address.
        titles = {article.address if form == "rdf" else article.guid: article.title for article in articles}
        self._held[printed.etag.lower()] = list(titles)
        record = self.records[number]
        record.edition, record.etag, record.newest = edition, printed.etag.decode(), titles
        return printed

    async def go_on(self, every: float) -> None:
        """Let newspapers come out anew, one after another, each every so many seconds."""
        order = list(range(len(self._papers)))
        self._random.shuffle(order)
        while True:
            for number in order:
                await asyncio.sleep(every / len(order))
                if self._goes_on:
                    self._pages[number] = self._printed(self._papers[number], self.records[number].edition + 1)

    def find(self, asked: bytes) -> tuple[int, Fault | None]:
        """Find the feed that is asked for, and what goes wrong this time; -1: it is none."""
        target = asked[4 : asked.index(b" ", 4)].partition(b"?")[0]
        number = self._numbers.get(target, -1)
        if number < 0:
            return number, None
        plot = self._planted[number]
        self.records[number].asked.append(time.monotonic())
        if plot.kind is Kind.BROKEN:
            return number, LASTING[plot.fault]
        if plot.kind is Kind.FLAKY and self._random.random() < _SHARE_OF_FAULTS:
            return number, PASSING[self._random.choice(list(PASSING))]
        return number, None

    def page(self, number: int) -> Page:
        """Give a feed's page as it is now."""
        return self._pages[number]

    def answer(self, asked: bytes) -> bytes:
        """Answer one request as a good server does."""
        target = asked[4 : asked.index(b" ", 4)]
        number = self._numbers.get(target, -1)
        if number < 0:
            return self._other(target)
        conditions, record, found = asked.lower(), self.records[number], self._pages[number]
        record.owed.update(self._held.get(header(conditions, b"\r\nif-none-match:") or b"", ()))
        if found.is_held(conditions):
            return found.not_modified
        record.given.update(record.newest)
        return found.packed if b"gzip" in (header(conditions, b"\r\naccept-encoding:") or b"") else found.plain

    def _other(self, target: bytes) -> bytes:
        match target:
            case b"/control/stop":
                self._goes_on = False
                return document(b"stopped", [])
            case b"/control/record":
                return document(json.dumps([asdict(each) for each in self.records], default=sorted).encode(), [])
            case _ if target.startswith(b"/moved/"):
                number = int(target.split(b"/")[2])
                status = "301 Moved Permanently" if self._planted[number].fault == "for good" else "302 Found"
                lines = [f"HTTP/1.1 {status}", f"Location: {path(number)}", "Content-Length: 0", "", ""]
                return "\r\n".join(lines).encode()
            case _:
                return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class FaultyConversation(Conversation):
    """A connection on which things go wrong."""

    def __init__(self, planted: Field) -> None:
        super().__init__(planted.answer)
        self._planted = planted
        self._faults: set[asyncio.Task[None]] = set()

    def reply(self, transport: asyncio.Transport, asked: bytes) -> None:
        """Answer one request, well or not."""
        number, fault = self._planted.find(asked)
        if fault is None:
            super().reply(transport, asked)
            return
        task = asyncio.get_running_loop().create_task(_go_wrong(fault, transport, self._planted.page(number)))
        self._faults.add(task)
        task.add_done_callback(self._faults.discard)


async def _go_wrong(fault: Fault, transport: asyncio.Transport, printed: Page) -> None:
    await fault(transport, printed)


def address_of(plot: Plot, port: int, closed: int) -> str:
    """Give the address under which feeds.yaml names a feed.

    Args:
        plot: the feed.
        port: of the farm.
        closed: a port on which nobody listens.
    """
    if plot.fault == _REFUSED:
        return f"http://{HOSTS[plot.number % len(HOSTS)]}:{closed}/feed.xml"
    if plot.kind is Kind.MOVED:
        return address(plot.number, port).replace("/feeds/", "/moved/").replace(".xml", "/feed.xml")
    return address(plot.number, port)


async def _run(planted: Field, sockets: list[socket.socket], every: float) -> None:
    going_on = asyncio.create_task(planted.go_on(every))
    await serve_until_input_ends(partial(FaultyConversation, planted), sockets)
    going_on.cancel()


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description="Serve feeds whose news goes on, some of them faulty.")
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--faults", type=int, default=5, help="per cent that are broken, and as many that are flaky")
    parser.add_argument("--every", type=float, default=180.0, help="seconds from one edition to the next")
    parser.add_argument("--first-day", type=datetime.fromisoformat, required=True, help="of the first editions")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    sockets = listen()
    port = sockets[0].getsockname()[1]
    planted = Field(plots(asked.feeds, faults=asked.faults), seed=asked.seed, first_day=asked.first_day, port=port)
    # Bound, but nobody listens: whoever connects is refused, and nobody else gets the port.
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        print(json.dumps({"port": port, "closed": closed.getsockname()[1]}), flush=True)
        asyncio.run(_run(planted, sockets, asked.every))


if __name__ == "__main__":
    main()
