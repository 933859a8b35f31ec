"""What a soak has to hold, as pure functions over what was seen: see `rules`.

Memory must be flat. A life of the server (from one start to its end) is looked at if it lasted at least `LONG_ENOUGH`; its first half is
warming up. Of the second half, the median of the later part may lie no more than `GROWTH` of the level, and `NOISE`, above that of the earlier
one. Medians, since a hostile document takes a worker's memory for seconds, and halves of a half, since a leak is what does not end. What a
bound of so many bytes lets through in a short run, a longer one finds; so the slope (Theil and Sen: the median of the slopes between all
pairs) is told as well.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median
from typing import Final

LONG_ENOUGH: Final = 420.0
"""Seconds of a life that says anything about growth: in the first one 2,000 feeds are read and 60,000 entries placed, which takes half of that."""
GROWTH: Final = 0.05
NOISE: Final = 6e6
FILES_NOISE: Final = 32
"""Two for each of the sixteen servers that are asked at once: connections come and go."""
FILES: Final = 300
"""Open files of one process; the usual limit of a service is 1,024."""
WAL: Final = 160 * 2**20
"""A checkpoint begins at 64 MiB, waits for readers, and the journal is cut back to 64 MiB afterwards."""
ALIVE: Final = 2.0
"""Seconds that /healthz may take: supervisors ask with a deadline like that."""
ANSWERED: Final = 10.0
"""Seconds that any page or feed may take: who waits longer goes. What is usual, the median and the 99th percentile tell."""
STARTED: Final = 30.0
"""Seconds from a start to the first answer."""
ENDED: Final = 25.0
"""Seconds from SIGTERM to the end."""
FIRST: Final = 300.0
"""Seconds in which every feed has been asked for the first time."""
INTERVALS: Final = 3
"""Intervals after which a good feed has been asked again."""
LEASE: Final = 120.0
"""Seconds for which what a killed server was polling is left alone."""
NAMED: Final = 5
"""Examples of what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One look at the server and its files. Sizes in bytes."""

    at: float
    """Seconds since the beginning of the run, as all times here."""
    life: int
    memory: int
    """Pss of the server and all its workers."""
    own: int
    """Pss of the server itself."""
    files: int
    """Open in the process that has most."""
    threads: int
    """Of the server itself."""
    processes: int
    wal: int
    database: int
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request of the light client."""

    at: float
    life: int
    path: str
    status: int
    """0: there was no answer."""
    seconds: float


@dataclass(slots=True, kw_only=True)
class Life:
    """The server from a start to its end."""

    number: int
    began: float
    ready: float | None = None
    """First answered."""
    ending: float | None = None
    """Was told to end, or killed."""
    ended: float | None = None
    killed: bool = False
    code: int | None = None
    left: int = 0
    """Processes of it that were there ten seconds after its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """What the farm recorded of one feed, and what the database has of it."""

    number: int
    kind: str
    asked: Sequence[float]
    owed: frozenset[str]
    given: frozenset[str]
    newest: Mapping[str, str]
    """Of the edition that the farm ended with; empty: the server does not hold that one."""
    stored: Counter[str]
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """All that was seen of a run."""

    interval: float
    samples: Sequence[Sample]
    asked: Sequence[Asked]
    lives: Sequence[Life]
    feeds: Sequence[Fed]
    log: Sequence[str]
    """Lines that should not be there."""
    checked: str
    """What `db check` found; empty: nothing."""
    digests_missing: Sequence[str]
    ended: float
    """When the farm was asked for its record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One rule: what was seen, what may be, and whether it was kept."""

    name: str
    seen: str
    bound: str
    kept: bool
    told: Sequence[str] = ()
    """Examples of what is wrong."""


def rules(course: Course) -> list[Held]:
    """Hold the course against every rule."""
    return [*growth(course), *bounds(course), *answers(course), *ends(course), *news(course), *the_rest(course)]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Give the median slope between all pairs (Theil, Sen); 0 for fewer than two points."""
    thinned = points[:: max(1, len(points) // 200)]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(thinned, 2) if b[0] > a[0]]
    return median(slopes) if slopes else 0.0


def halves(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Give the third and the last quarter of a life."""
    begun, ended = samples[0].at, samples[-1].at
    quarter = (ended - begun) / 4
    late = [sample for sample in samples if sample.at >= begun + 2 * quarter]
    return [each for each in late if each.at < begun + 3 * quarter], [
        each for each in late if each.at >= begun + 3 * quarter
    ]


def growth(course: Course) -> list[Held]:
    """Memory and open files of lives that are long enough."""
    found = []
    for life in course.lives:
        samples = [sample for sample in course.samples if sample.life == life.number]
        if len(samples) < 8 or samples[-1].at - samples[0].at < LONG_ENOUGH:
            continue
        found += [_grown(samples, life.number, "memory"), _grown(samples, life.number, "own")]
        earlier, later = (median(each.files for each in part) for part in halves(samples))
        found.append(
            Held(
                name=f"life {life.number}: open files, third and last quarter",
                seen=f"{earlier:.0f}, {later:.0f}",
                bound=f"at most {FILES_NOISE} more",
                kept=later <= earlier + FILES_NOISE,
            )
        )
    return found


def _grown(samples: Sequence[Sample], life: int, which: str) -> Held:
    earlier, later = (median(getattr(each, which) for each in part) for part in halves(samples))
    late = [*halves(samples)[0], *halves(samples)[1]]
    rate = slope([(each.at, getattr(each, which)) for each in late]) * 60
    allowed = earlier * GROWTH + NOISE
    what = "memory of all processes" if which == "memory" else "memory of the server itself"
    return Held(
        name=f"life {life}: {what}, third and last quarter",
        seen=f"{earlier / 1e6:.1f}, {later / 1e6:.1f} MB ({rate / 1e6:+.2f} MB a minute)",
        bound=f"at most {allowed / 1e6:.1f} MB more",
        kept=later - earlier <= allowed,
    )


def bounds(course: Course) -> list[Held]:
    """What has a largest size."""
    files = max((each.files for each in course.samples), default=0)
    wal = max((each.wal for each in course.samples), default=0)
    return [
        Held(name="open files of a process, at most", seen=str(files), bound=str(FILES), kept=files <= FILES),
        Held(
            name="journal (WAL), at most",
            seen=f"{wal / 2**20:.0f} MiB",
            bound=f"{WAL / 2**20:.0f} MiB",
            kept=wal <= WAL,
        ),
    ]


def answers(course: Course) -> list[Held]:
    """What the light client was answered while a life was up: after its first answer, and before its end was asked for."""
    lives = {life.number: life for life in course.lives}
    up = [each for each in course.asked if _is_up(each, lives[each.life])]
    wrong = Counter(f"{each.path} {each.status or 'no answer'}" for each in up if each.status != 200)
    alive = [each.seconds for each in up if each.path == "/healthz"]
    others = [each.seconds for each in up if each.path != "/healthz"]
    return [
        Held(
            name="requests while up, and those not answered 200",
            seen=f"{len(up):,}, {wrong.total():,}",
            bound="none",
            kept=bool(up) and not wrong,
            told=[f"{what}: {times} times" for what, times in wrong.most_common(NAMED)],
        ),
        _soon("/healthz: median, 99th percentile, slowest", alive, ALIVE),
        _soon("pages and feeds: median, 99th percentile, slowest", others, ANSWERED),
    ]


def _is_up(asked: Asked, life: Life) -> bool:
    ended = asked.at + asked.seconds
    return life.ready is not None and asked.at >= life.ready and (life.ending is None or ended < life.ending)


def _soon(name: str, seconds: list[float], bound: float) -> Held:
    seconds = sorted(seconds) or [float("inf")]
    middle, late, last = seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100], seconds[-1]
    return Held(name=name, seen=f"{middle:.2f}, {late:.2f}, {last:.2f} s", bound=f"{bound:g} s", kept=last <= bound)


def ends(course: Course) -> list[Held]:
    """How lives begin and end."""
    starts = [(life.ready or float("inf")) - life.began for life in course.lives]
    stopped = [life for life in course.lives if not life.killed]
    lengths = [(life.ended or float("inf")) - (life.ending or 0.0) for life in stopped]
    codes = [f"life {life.number} ended with {life.code}" for life in stopped if life.code != 0]
    left = [f"life {life.number} left {life.left} processes behind" for life in course.lives if life.left]
    return [
        Held(
            name="from a start to the first answer, at most",
            seen=f"{max(starts, default=0):.1f} s",
            bound=f"{STARTED:g} s",
            kept=max(starts, default=0) <= STARTED,
        ),
        Held(
            name="from SIGTERM to the end, at most",
            seen=f"{max(lengths, default=0):.1f} s",
            bound=f"{ENDED:g} s, with code 0",
            kept=max(lengths, default=0) <= ENDED and not codes,
            told=codes,
        ),
        Held(
            name="processes left behind after an end",
            seen=str(sum(life.left for life in course.lives)),
            bound="0",
            kept=not left,
            told=left,
        ),
    ]


def news(course: Course) -> list[Held]:
    """What came of every article."""
    owed = sum(len(feed.owed) for feed in course.feeds)
    return [
        _none(
            f"entries lost, of {owed:,} owed",
            [
                f"f{feed.number} ({feed.kind}): {guid}"
                for feed in course.feeds
                for guid in feed.owed
                if not feed.stored[guid]
            ],
        ),
        _none(
            f"entries doubled, of {sum(feed.stored.total() for feed in course.feeds):,} stored",
            [
                f"f{feed.number} ({feed.kind}): {guid} {times} times"
                for feed in course.feeds
                for guid, times in feed.stored.items()
                if times > 1
            ],
        ),
        _none(
            "entries that no feed ever held",
            [f"f{feed.number}: {guid}" for feed in _good(course) for guid in feed.stored if guid not in feed.given],
        ),
        _none(
            f"entries of last editions held ({sum(bool(feed.newest) for feed in course.feeds):,}) that say something else",
            [
                f"f{feed.number} ({feed.kind}): {guid}"
                for feed in course.feeds
                for guid, title in feed.newest.items()
                if feed.titles.get(guid) != title
            ],
        ),
        _none(
            "good feeds of which the last edition is not held",
            [f"f{feed.number}" for feed in _good(course) if not feed.newest],
        ),
        *_lateness(course),
    ]


def _good(course: Course) -> list[Fed]:
    return [feed for feed in course.feeds if feed.kind == "good"]


def _lateness(course: Course) -> list[Held]:
    first = {feed.number: min(feed.asked, default=float("inf")) for feed in _good(course)}
    allowed = INTERVALS * course.interval
    gaps = {feed.number: longest_gap(feed.asked, course) for feed in _good(course)}
    slowest = max(gaps.values(), default=0.0)
    return [
        Held(
            name="good feeds asked for the first time, the last of them after",
            seen=f"{max(first.values(), default=0):.0f} s",
            bound=f"{FIRST:g} s",
            kept=max(first.values(), default=0) <= FIRST,
            told=[f"f{number} after {at:.0f} s" for number, at in first.items() if at > FIRST][:NAMED],
        ),
        Held(
            name="longest time in which a good feed was not asked, while up",
            seen=f"{slowest:.0f} s",
            bound=f"{INTERVALS} intervals: {allowed:g} s",
            kept=slowest <= allowed,
            told=[f"f{number}: {gap:.0f} s" for number, gap in gaps.items() if gap > allowed][:NAMED],
        ),
    ]


def longest_gap(asked: Sequence[float], course: Course) -> float:
    """Give the longest time between two polls of a feed, without the time in which nobody could have polled it.

    That is while the server was down; and after a kill, as long as the lease of what it was polling lasts.
    """
    times = [*asked, course.ended]
    downs = [
        (life.ending, _back(life, course.lives), LEASE if life.killed else 0.0) for life in course.lives if life.ending
    ]
    return max(
        (later - earlier - sum(_excused(earlier, later, down) for down in downs) for earlier, later in pairwise(times)),
        default=0.0,
    )


def _back(life: Life, lives: Sequence[Life]) -> float:
    return next((each.ready or each.began for each in lives if each.number == life.number + 1), life.ended or 0.0)


def _excused(earlier: float, later: float, down: tuple[float, float, float]) -> float:
    gone, back, lease = down
    return max(0.0, min(later, back + lease) - max(earlier, gone))


def the_rest(course: Course) -> list[Held]:
    """Log, database and digests."""
    return [
        Held(
            name="`db check`",
            seen="nothing wrong" if not course.checked else "findings",
            bound="nothing wrong",
            kept=not course.checked,
            told=course.checked.splitlines()[:NAMED],
        ),
        _none("lines in the log that should not be there", list(course.log)),
        _none("digests that were not sealed in time", list(course.digests_missing)),
    ]


def _none(name: str, wrong: list[str]) -> Held:
    return Held(name=name, seen=f"{len(wrong):,}", bound="none", kept=not wrong, told=wrong[:NAMED])


def table(held: Iterable[Held]) -> str:
    """Lay the rules out, one a line, with examples below those that were broken."""
    lines = []
    for each in held:
        lines.append(f"{'kept  ' if each.kept else 'BROKEN'}  {each.name}: {each.seen} (bound: {each.bound})")
        lines += [f"          {what}" for what in each.told]
    return "\n".join(lines)
