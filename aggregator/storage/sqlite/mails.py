"""Messages that wait to be sent, or were: one for each digest and recipient."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Sequence
from datetime import date, datetime
from operator import itemgetter

from aggregator.digests.message_ids import local_part
from aggregator.model.digest import MailState, Outgoing
from aggregator.storage.sqlite.session import Row, Session, moment, seconds

_PUT = """
    INSERT INTO mails (name, date, recipient, message_id, state, next_at)
    VALUES (:name, :date, :recipient, :message_id, :state, :next_at) ON CONFLICT (name, date, recipient) DO NOTHING
"""
_AGAIN = f"""
    UPDATE mails SET state = '{MailState.WAITING}', attempts = 0, next_at = :next_at, message = ''
    WHERE name = :name AND date = :date AND recipient = :recipient AND state IN ('{MailState.WAITING}', '{MailState.REFUSED}')
"""
# Of a message that is being sent, `next_at` is when whoever took it is taken for gone: `digests.posting`.
_DUE = "SELECT * FROM mails WHERE next_at <= :now ORDER BY next_at, id LIMIT :limit"
_SAVE = """
    UPDATE mails SET state = :state, attempts = :attempts, next_at = :next_at, message = :message WHERE id = :id
"""


class SqliteMails:
    """`digest_records.MailRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def due(self, *, now: datetime, limit: int) -> tuple[Outgoing, ...]:
        """List messages whose `next_at` has come, oldest first."""
        return tuple(map(_outgoing, self._session.rows(_DUE, now=seconds(now), limit=max(limit, 0))))

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
        sql = "SELECT * FROM mails WHERE name = :name AND date = :date"
        rows = self._session.rows(sql, name=name, date=day.isoformat())
        return tuple(map(_outgoing, sorted(rows, key=itemgetter("id"))))

    def ask_again(self, name: str, day: date, recipients: Sequence[str], *, now: datetime) -> None:
        """Let a digest go to these recipients: those who have not got it yet, and are not just being sent it."""
        for recipient in dict.fromkeys(recipients):
            self._session.run(_AGAIN, name=name, date=day.isoformat(), recipient=recipient, next_at=seconds(now))
        put(self._session, name, day, recipients, now=now)


def put(session: Session, name: str, day: date, recipients: Sequence[str], *, now: datetime) -> None:
    """Let a message wait for each recipient that has none of this digest yet."""
    for recipient in recipients:
        session.run(
            _PUT,
            name=name,
            date=day.isoformat(),
            recipient=recipient,
            message_id=local_part(name, day, recipient),
            state=MailState.WAITING.value,
            next_at=seconds(now),
        )


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
