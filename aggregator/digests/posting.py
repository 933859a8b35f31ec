"""What becomes of a message when it is taken from the outbox, and when a mail server has answered. Pure.

    WAITING --taken--> SENDING --settled--> SENT | WAITING (later) | REFUSED
                          '--- ten minutes without news: due again, under the same Message-ID

SMTP has a gap that nobody can close: a server that took a message and whose answer was lost did take it (RFC 5321 section
6.1). So a message goes out at least once; that a crash, and no more, makes it twice is what `SENDING` is saved for.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from aggregator.model.digest import Bounce, MailState, Outgoing

LEASE: Final = timedelta(minutes=10)
"""How long a message may be under way; after that, whoever took it is gone. A server may think about a message for as long
(RFC 5321 section 4.5.3.2.6), but `mail.timeout` ends at five minutes."""
WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""Before the second attempt, the third ...; the last holds for all others. Most greylisting ends within 5 to 15 minutes."""
MOST_ATTEMPTS: Final = 75
"""1, 5 and 15 minutes, then every hour: the last of them comes after 71 hours. A digest that is three days old is no news."""


def taken(message: Outgoing, *, now: datetime) -> Outgoing:
    """Mark a message as under way: saved before the server hears of it, so that nobody else takes it meanwhile."""
    return replace(message, state=MailState.SENDING, attempts=message.attempts + 1, next_at=now + LEASE)


def settled(message: Outgoing, bounce: Bounce | None, *, now: datetime) -> Outgoing:
    """Say what becomes of a message that was under way; no `bounce`: the server has it."""
    if bounce is None:
        return replace(message, state=MailState.SENT, next_at=None, message="")
    if bounce.for_good or message.attempts >= MOST_ATTEMPTS:
        return replace(message, state=MailState.REFUSED, next_at=None, message=bounce.message)
    return replace(message, state=MailState.WAITING, next_at=now + _wait(message.attempts), message=bounce.message)


def put_off(message: Outgoing, bounce: Bounce, *, now: datetime) -> Outgoing:
    """Count for a message what another met: the server takes nothing at present."""
    return settled(replace(message, attempts=message.attempts + 1), bounce, now=now)


def _wait(attempts: int) -> timedelta:
    return WAITS[min(max(attempts, 1), len(WAITS)) - 1]
