"""The outbox: each message goes out, once where that is possible, and none holds the others."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from aggregator.model.digest import DAILY, Bounce, Digest, MailState, Outgoing
from aggregator.ports import Transaction
from aggregator.services.mailing import Mailing
from tests.digest_made import SUNDAY, make_digest
from tests.factories import NOON
from tests.mailroom import MemoryStore, Postman
from tests.manual_clock import ManualClock

T = TypeVar("T")

pytestmark = pytest.mark.anyio

ANN, BOB, EVE = "ann@example.org", "bob@example.org", "eve@example.org"
DOWN = Bounce(message="mail.example:587 can't be reached", server=True)
GREYLISTED = Bounce(message="mail.example:587 answered 451 Greylisted")
NOBODY = Bounce(message="mail.example:587 answered 550 Nobody", for_good=True)


def write(digest: Digest, outgoing: Outgoing) -> bytes:
    return f"{digest.title} for {outgoing.recipient} as {outgoing.message_id}".encode()


class Office:
    """An outbox with what surrounds it."""

    def __init__(self, write: Callable[[Digest, Outgoing], bytes] = write) -> None:
        self.store, self.postman, self.clock = MemoryStore(), Postman(), ManualClock(NOON)
        self.mailing = Mailing(self.store, self.postman, self.clock, write=write, sender="digest@news.example")

    def seal(self, *recipients: str, name: str = DAILY) -> None:
        self.store.digests.seal(make_digest(name=name), recipients=recipients, now=self.clock.now())

    def states(self, name: str = DAILY) -> dict[str, MailState]:
        return {message.recipient: message.state for message in self.store.mails.of(name, SUNDAY)}

    async def round_after(self, wait: timedelta) -> int:
        self.clock.move(wait)
        return await self.mailing.send_due()


async def test_every_recipient_gets_the_digest_once() -> None:
    office = Office()
    office.seal(ANN, BOB)
    assert await office.mailing.send_due() == 2
    assert await office.round_after(timedelta(days=10)) == 0
    assert [recipient for recipient, _ in office.postman.taken] == [ANN, BOB]
    assert office.states() == {ANN: MailState.SENT, BOB: MailState.SENT}


async def test_a_message_is_saved_as_under_way_before_the_server_hears_of_it() -> None:
    office = Office()
    office.seal(ANN, BOB)
    seen: list[dict[str, MailState]] = []
    office.postman.meanwhile = lambda: seen.append(office.states())
    await office.mailing.send_due()
    assert seen[0] == {ANN: MailState.SENDING, BOB: MailState.WAITING}


async def test_after_a_crash_on_the_way_the_same_message_goes_out_again_in_ten_minutes() -> None:
    office = Office()
    office.seal(ANN)
    office.postman.answers[ANN] = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await office.mailing.send_due()
    assert office.states() == {ANN: MailState.SENDING}
    assert await office.round_after(timedelta(minutes=9, seconds=59)) == 0
    assert await office.round_after(timedelta(seconds=1)) == 1
    (message_id,) = [message.message_id for message in office.store.mails.of(DAILY, SUNDAY)]
    assert office.postman.taken == [(ANN, f"Related Stories for {ANN} as {message_id}".encode())]


async def test_one_recipient_s_refusal_does_not_hold_the_others() -> None:
    office = Office()
    office.seal(ANN, BOB, EVE)
    office.postman.answers = {ANN: [NOBODY], BOB: [GREYLISTED], EVE: []}
    assert await office.mailing.send_due() == 1
    assert office.states() == {ANN: MailState.REFUSED, BOB: MailState.WAITING, EVE: MailState.SENT}
    assert await office.round_after(timedelta(minutes=1)) == 1
    assert office.postman.asked == [ANN, BOB, EVE, BOB]


async def test_a_server_that_is_down_is_dialled_once_a_round_and_everybody_waits_alike() -> None:
    office = Office()
    office.seal(ANN, BOB, EVE)
    office.postman.down = DOWN
    assert await office.mailing.send_due() == 0
    assert office.postman.asked == [ANN]
    assert {message.next_at for message in office.store.mails.of(DAILY, SUNDAY)} == {NOON + timedelta(minutes=1)}


async def test_what_was_down_for_an_hour_sends_what_waited() -> None:
    office = Office()
    office.seal(ANN, BOB)
    office.postman.down = DOWN
    for _ in range(61):
        await office.round_after(timedelta(minutes=1))
    assert len(office.postman.asked) == 4
    office.postman.down = None
    assert sum([await office.round_after(timedelta(minutes=1)) for _ in range(60)]) == 2
    assert [recipient for recipient, _ in office.postman.taken] == [ANN, BOB]


async def test_a_server_that_stays_down_is_given_up_after_three_days() -> None:
    office = Office()
    office.seal(ANN, BOB)
    office.postman.down = DOWN
    for _ in range(3 * 24 * 60):
        await office.round_after(timedelta(minutes=1))
    assert office.states() == {ANN: MailState.REFUSED, BOB: MailState.REFUSED}
    assert {message.message for message in office.store.mails.of(DAILY, SUNDAY)} == {DOWN.message}


async def test_a_message_that_cannot_be_written_does_not_hold_the_others() -> None:
    def writes_for_bob(digest: Digest, outgoing: Outgoing) -> bytes:
        return write(digest, outgoing) if outgoing.recipient == BOB else bytes(1 // 0)

    office = Office(writes_for_bob)
    office.seal(ANN, BOB)
    assert await office.mailing.send_due() == 1
    assert office.states() == {ANN: MailState.WAITING, BOB: MailState.SENT}


async def test_two_that_send_at_once_send_each_message_once() -> None:
    office = Office()
    office.seal(ANN, BOB, EVE)
    again = Mailing(office.store, office.postman, office.clock, write=write, sender="digest@news.example")
    sent = await asyncio.gather(office.mailing.send_due(), again.send_due())
    assert sum(sent) == 3
    assert sorted(office.postman.asked) == [ANN, BOB, EVE]


async def test_a_program_that_stops_ends_the_message_under_way_and_begins_no_other() -> None:
    office = Office()
    office.seal(ANN, BOB)
    office.postman.meanwhile = office.mailing.stop
    assert await office.mailing.send_due() == 1
    assert office.states() == {ANN: MailState.SENT, BOB: MailState.WAITING}


async def test_sending_on_demand_reaches_new_recipients_and_says_how_all_stand() -> None:
    office = Office()
    office.seal(ANN)
    await office.mailing.send_due()
    office.postman.answers[BOB] = [NOBODY]
    stand = await office.mailing.send(DAILY, SUNDAY, [ANN, BOB])
    assert [(message.recipient, message.state, message.message) for message in stand] == [
        (ANN, MailState.SENT, ""),
        (BOB, MailState.REFUSED, NOBODY.message),
    ]
    assert office.postman.asked == [ANN, BOB]


async def test_an_outbox_without_due_mail_disturbs_no_writer() -> None:
    class ReadOnly(MemoryStore):
        async def write(self, work: Callable[[Transaction], T]) -> T:
            raise AssertionError("nothing was to be written")

    mailing = Mailing(ReadOnly(), Postman(), ManualClock(), write=write, sender="digest@news.example")
    assert await mailing.send_due() == 0
