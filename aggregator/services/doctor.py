"""Whether all is well with a service, judged from what was found out about it. Pure: `care_parts` finds it out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.polling.health import FeedProblem

SOUND_SQLITE = (3, 51, 3)
"""Earlier ones can damage a file that two connections write to and check at one moment (the WAL-reset bug, 3.7.0 to 3.51.2)."""
LONG_WAL = 256 * 1024**2
"""Bytes: beyond it a reader holds the journal open for very long, and reads become slow."""
HELD_OPEN = "some program reads from it for very long"
LITTLE_ROOM = 1024**3
"""Bytes left on the disk; a backup and a compaction want the size of the database besides."""
STALE_BACKUP = timedelta(days=2)
QUIET = timedelta(hours=3)
"""Without a poll for so long, and something due, nobody polls."""
AHEAD = timedelta(minutes=5)
"""How far what is stored may lie in the future, for clocks that differ."""


class State(StrEnum):
    """How one thing is."""

    WELL = "well"
    NOTE = "note"
    """Not as it could be; nothing is lost by it."""
    WRONG = "wrong"
    """A person has to do something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing that was looked at."""

    topic: str
    state: State
    said: str
    """A sentence: what there is; where it is not well, what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What runs."""

    program: str
    python: str
    sqlite: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What lies on the disk, in bytes."""

    database: int
    wal: int
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How feeds are doing."""

    feeds: int
    problems: Sequence[FeedProblem]
    last_at: datetime | None
    """Of any feed; None: none was ever polled."""
    latest_at: datetime
    """The latest time the database knows of."""
    overdue: int
    """Feeds whose next poll was to be `QUIET` ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """All that was found out."""

    now: datetime
    versions: Versions
    configuration: str
    """What is wrong with feeds.yaml; empty: nothing."""
    names_feeds: bool
    """feeds.yaml names some, or a list of them."""
    unmade: str
    """The database that is not there yet; empty: it is."""
    database: str
    """Why it can't be used; empty: it can."""
    findings: Sequence[str] | None
    """What looking through found; None: it was not looked through."""
    disk: Disk | None
    polled: Polled | None
    backup_at: datetime | None
    """Of the newest backup."""
    backups: bool
    """They are to be made."""
    mail: str | None
    """Why the mail server can't be reached; None: there is none; empty: it can."""


def diagnose(vitals: Vitals) -> list[Sign]:
    """Judge what was found out, one sign a topic, always in this order."""
    return [
        _configuration(vitals),
        _database(vitals),
        *_disk(vitals),
        *_feeds(vitals),
        *_clock(vitals),
        *_mail(vitals),
        _backups(vitals),
        _versions(vitals.versions),
    ]


def _configuration(vitals: Vitals) -> Sign:
    if vitals.configuration:
        return Sign(topic="configuration", state=State.WRONG, said=vitals.configuration)
    if not vitals.names_feeds:
        said = "can be used, but names no feed yet: `aggregator feeds add URL` finds that of a page, and adds it"
        return Sign(topic="configuration", state=State.NOTE, said=said)
    return Sign(topic="configuration", state=State.WELL, said="can be used")


def _database(vitals: Vitals) -> Sign:
    if vitals.database:
        return Sign(topic="database", state=State.WRONG, said=vitals.database)
    if vitals.unmade:
        said = f"nothing was polled yet: `aggregator poll` or `aggregator serve` makes {vitals.unmade} and fills it"
        return Sign(topic="database", state=State.NOTE, said=said)
    if vitals.findings:
        wrong = "; ".join(vitals.findings)
        return Sign(topic="database", state=State.WRONG, said=f"{wrong}; `aggregator db check` names them")
    looked = "can be read" if vitals.findings is None else "was looked through, and nothing is wrong"
    return Sign(topic="database", state=State.WELL, said=looked)


def _disk(vitals: Vitals) -> Iterator[Sign]:
    disk = vitals.disk
    if disk is None:
        return
    said = f"{_bytes(disk.database)} used by the database, {_bytes(disk.free)} free"
    if disk.free < LITTLE_ROOM:
        yield Sign(topic="disk", state=State.WRONG, said=f"{said}: make room, or entries can't be stored for long")
    elif disk.free < disk.database:
        yield Sign(topic="disk", state=State.NOTE, said=f"{said}: too little for a copy on the same disk")
    elif disk.wal > LONG_WAL:
        journal = f"its journal has grown to {_bytes(disk.wal)}"
        yield Sign(topic="disk", state=State.NOTE, said=f"{said}; {journal}: {HELD_OPEN}")
    else:
        yield Sign(topic="disk", state=State.WELL, said=said)


def _feeds(vitals: Vitals) -> Iterator[Sign]:
    polled = vitals.polled
    if polled is None:
        return
    counts = Counter(problem.kind.value for problem in polled.problems)
    named = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    troubled = len({problem.overview.feed.id for problem in polled.problems})
    if not polled.feeds:
        yield Sign(
            topic="feeds", state=State.NOTE, said="none yet; `aggregator feeds list` shows what feeds.yaml names"
        )
    elif troubled:
        state = State.WRONG if troubled == polled.feeds else State.NOTE
        yield Sign(topic="feeds", state=state, said=f"{polled.feeds}, of which {troubled} want looking at: {named}")
    else:
        yield Sign(topic="feeds", state=State.WELL, said=f"{polled.feeds}, all of them well")
    yield _polling(polled)


def _polling(polled: Polled) -> Sign:
    if polled.last_at is None:
        return Sign(
            topic="polling", state=State.NOTE, said="nothing was polled yet: `aggregator serve` or `aggregator poll`"
        )
    last = f"last at {polled.last_at:%Y-%m-%d %H:%M} UTC"
    if polled.overdue:
        late = f"{polled.overdue} feeds are overdue for more than three hours"
        return Sign(topic="polling", state=State.WRONG, said=f"{last}; {late}: is `aggregator serve` running?")
    return Sign(topic="polling", state=State.WELL, said=last)


def _clock(vitals: Vitals) -> Iterator[Sign]:
    if vitals.polled is None:
        return
    ahead = vitals.polled.latest_at - vitals.now
    if ahead > AHEAD:
        said = f"the database was used at a time that is {ahead} ahead of this clock: one of the two was wrong"
        yield Sign(topic="clock", state=State.WRONG, said=said)
    else:
        yield Sign(topic="clock", state=State.WELL, said=f"{vitals.now:%Y-%m-%d %H:%M} UTC")


def _mail(vitals: Vitals) -> Iterator[Sign]:
    if vitals.mail is None:
        return
    state, said = (
        (State.WRONG, vitals.mail) if vitals.mail else (State.WELL, "the server can be reached and lets us in")
    )
    yield Sign(topic="mail", state=state, said=said)


def _backups(vitals: Vitals) -> Sign:
    if not vitals.backups:
        said = "none are made: name a folder in `care: {backups: ...}`, or run `aggregator db backup FILE`"
        return Sign(topic="backups", state=State.NOTE, said=said)
    if vitals.unmade and vitals.backup_at is None:
        return Sign(topic="backups", state=State.NOTE, said="there is nothing yet to make one of")
    if vitals.backup_at is None or vitals.now - vitals.backup_at > STALE_BACKUP:
        newest = f"the newest is of {vitals.backup_at:%Y-%m-%d}" if vitals.backup_at else "there is none yet"
        return Sign(topic="backups", state=State.WRONG, said=f"{newest}; `aggregator serve` makes one every night")
    return Sign(topic="backups", state=State.WELL, said=f"the newest is of {vitals.backup_at:%Y-%m-%d}")


def _versions(versions: Versions) -> Sign:
    sqlite = ".".join(map(str, versions.sqlite))
    said = f"aggregator {versions.program}, Python {versions.python}, SQLite {sqlite}"
    if versions.sqlite < SOUND_SQLITE:
        sound = ".".join(map(str, SOUND_SQLITE))
        why = (
            f"before {sound} two programs that write at one moment can damage a file; run one `serve`, and keep backups"
        )
        return Sign(topic="versions", state=State.NOTE, said=f"{said}; {why}")
    return Sign(topic="versions", state=State.WELL, said=said)


def _bytes(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB" if size >= 1024**3 else f"{size / 1024**2:.1f} MiB"
