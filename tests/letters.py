"""Messages of the outbox for tests."""

from datetime import date

from aggregator.digests.message_ids import local_part
from aggregator.model.digest import DAILY, Digest, MailState, Outgoing
from tests.digest_made import SUNDAY
from tests.factories import NOON

READER = "reader@example.org"


def make_outgoing(
    recipient: str = READER,
    *,
    number: int = 1,
    name: str = DAILY,
    day: date = SUNDAY,
    state: MailState = MailState.WAITING,
    attempts: int = 0,
) -> Outgoing:
    return Outgoing(
        id=number,
        name=name,
        date=day,
        recipient=recipient,
        message_id=local_part(name, day, recipient),
        state=state,
        attempts=attempts,
        next_at=NOON,
        message="",
    )


def outgoing_of(digest: Digest, recipient: str = READER) -> Outgoing:
    return make_outgoing(recipient, name=digest.name, day=digest.date)
