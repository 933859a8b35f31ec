"""A store that keeps digests and their mail in memory, and a mail server that answers as a test says."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeVar, cast

from aggregator.digests.message_ids import local_part
from aggregator.model.digest import Bounce, Digest, MailState, Outgoing
from aggregator.ports import Transaction

T = TypeVar("T")


@dataclass(kw_only=True)
class MemoryMails:
    """Implements `digest_records.MailRecords`."""

    rows: dict[int, Outgoing] = field(default_factory=dict)

    def due(self, *, now: datetime, limit: int) -> tuple[Outgoing, ...]:
        due = [(row.next_at, row.id, row) for row in self.rows.values() if row.next_at and row.next_at <= now]
        return tuple(row for _, _, row in sorted(due, key=lambda each: each[:2])[:limit])

    def save(self, message: Outgoing) -> None:
        self.rows[message.id] = message

    def of(self, name: str, day: date) -> tuple[Outgoing, ...]:
        return tuple(row for row in self.rows.values() if (row.name, row.date) == (name, day))

    def ask_again(self, name: str, day: date, recipients: Sequence[str], *, now: datetime) -> None:
        for row in self.of(name, day):
            if row.recipient in recipients and row.state in {MailState.WAITING, MailState.REFUSED}:
                self.save(replace(row, state=MailState.WAITING, attempts=0, next_at=now, message=""))
        self.put(name, day, recipients, now=now)

    def put(self, name: str, day: date, recipients: Sequence[str], *, now: datetime) -> None:
        for recipient in recipients:
            if recipient in {row.recipient for row in self.of(name, day)}:
                continue
            self.save(
                Outgoing(
                    id=len(self.rows) + 1,
                    name=name,
                    date=day,
                    recipient=recipient,
                    message_id=local_part(name, day, recipient),
                    state=MailState.WAITING,
                    attempts=0,
                    next_at=now,
                    message="",
                )
            )


@dataclass(kw_only=True)
class MemoryDigests:
    """The part of `digest_records.DigestRecords` that mail needs."""

    mails: MemoryMails
    kept: dict[tuple[str, date], Digest] = field(default_factory=dict)

    def seal(self, digest: Digest, *, recipients: Sequence[str], now: datetime) -> bool:
        if (digest.name, digest.date) in self.kept:
            return False
        self.kept[digest.name, digest.date] = digest
        self.mails.put(digest.name, digest.date, recipients, now=now)
        return True

    def get(self, name: str, day: date) -> Digest | None:
        return self.kept.get((name, day))


class MemoryStore:
    """Implements `ports.Store`, for transactions of digests and mail alone."""

    def __init__(self) -> None:
        self.mails = MemoryMails()
        self.digests = MemoryDigests(mails=self.mails)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return work(cast("Transaction", self))

    async def write(self, work: Callable[[Transaction], T]) -> T:
        before: tuple[Any, Any] = (deepcopy(self.mails.rows), dict(self.digests.kept))
        try:
            return work(cast("Transaction", self))
        except BaseException:
            self.mails.rows, self.digests.kept = before
            raise

    async def aclose(self) -> None:
        pass


class Postman:
    """Implements `ports.Mailer`: answers what was ordered for a recipient, and else takes the message."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Bounce | BaseException]] = defaultdict(list)
        self.down: Bounce | None = None
        """What everybody gets."""
        self.asked: list[str] = []
        """Recipients, in order."""
        self.taken: list[tuple[str, bytes]] = []
        self.meanwhile: Callable[[], None] = lambda: None
        """Called while a message is under way."""

    async def send(self, message: bytes, *, sender: str, recipient: str) -> Bounce | None:
        self.asked.append(recipient)
        self.meanwhile()
        answer = self.down or next(iter(self.answers[recipient]), None)
        if self.answers[recipient] and not self.down:
            self.answers[recipient].pop(0)
        if isinstance(answer, BaseException):
            raise answer
        if answer is None:
            self.taken.append((recipient, message))
        return answer
