"""Messages that wait to be sent, or were: one for each digest and recipient."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from aggregator.model.digest import MailState, Outgoing
from aggregator.storage.sqlite.session import Row, Session, moment, seconds

STUCK: Final = timedelta(minutes=10)
"""After so long a message that was being handed over is taken for one that a crash interrupted."""

_PUT = """
    INSERT INTO mails (name, date, recipient, message_id, state, next_at)
    VALUES (:name, :date, :recipient, :message_id, :state, :next_at) ON CONFLICT (name, date, recipient) DO NOTHING
"""
_AGAIN = f"""
    UPDATE mails SET state = '{MailState.WAITING}', attempts = 0, next_at = :next_at, message = ''
    WHERE name = :name AND date = :date AND recipient = :recipient AND state IN ('{MailState.WAITING}', '{MailState.REFUSED}')
"""
_DUE = f"""
    SELECT * FROM mails WHERE next_at IS NOT NULL AND next_at <= :now AND (
        state <> '{MailState.SENDING}' OR next_at <= :stuck
    ) ORDER BY next_at, id LIMIT :limit
"""
_SAVE = """
    UPDATE mails SET state = :state, attempts = :attempts, next_at = :next_at, message = :message WHERE id = :id
"""


class SqliteMails:
    """`digest_records.MailRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def due(self, *, now: datetime, limit: int) -> tuple[Outgoing, ...]:
        """List messages whose `next_at` has come, oldest first; those in `SENDING` ten minutes after it."""
        rows = self._session.rows(_DUE, now=seconds(now), stuck=seconds(now - STUCK), limit=max(limit, 0))
        return tuple(map(_outgoing, rows))

    def save(self, message: Outgoing) -> None:
        """Keep this state of a message."""
        self._session.run(
            _SAVE,
            id=message.id,
            state=message.state.value,
            attempts=message.attempts,
            next_at=seconds(message.next_at),
            message=message.message,
        )

    def of(self, name: str, day: date) -> tuple[Outgoing, ...]:
        """List the messages of a digest, in the order in which recipients were named."""
        sql = "SELECT * FROM mails WHERE name = :name AND date = :date ORDER BY id"
        return tuple(map(_outgoing, self._session.rows(sql, name=name, date=day.isoformat())))

    def ask_again(self, name: str, day: date, recipients: Sequence[str], *, now: datetime) -> None:
        """Let a digest go to these recipients: those who have not got it yet, and are not just being sent it."""
        for recipient in dict.fromkeys(recipients):
            self._session.run(
                _AGAIN, name=name, date=day.isoformat(), recipient=recipient, next_at=seconds(now)
            )
        put(self._session, name, day, recipients, now=now)


def put(session: Session, name: str, day: date, recipients: Sequence[str], *, now: datetime) -> None:
    """Let a message wait for each recipient that has none of this digest yet."""
    for recipient in recipients:
        session.run(
            _PUT,
            name=name,
            date=day.isoformat(),
            recipient=recipient,
            message_id=message_id(name, day, recipient),
            state=MailState.WAITING.value,
            next_at=seconds(now),
        )


def message_id(name: str, day: date, recipient: str) -> str:
    """Make what stands before the @ of a Message-ID: the same for one digest and recipient, and not telling who that is."""
    return f"{name}.{day.isoformat()}.{sha256(recipient.encode()).hexdigest()[:20]}"


def _outgoing(row: Row) -> Outgoing:
    return Outgoing(
        id=row["id"],
        name=row["name"],
        date=date.fromisoformat(row["date"]),
        recipient=row["recipient"],
        message_id=row["message_id"],
        state=MailState(row["state"]),
        attempts=row["attempts"],
        next_at=moment(row["next_at"]),
        message=row["message"],
    )
