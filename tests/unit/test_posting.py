"""When a message is tried again, and when no more."""

from datetime import timedelta
from itertools import pairwise

import pytest

from aggregator.digests import posting
from aggregator.digests.message_ids import local_part
from aggregator.model.digest import Bounce, MailState, Outgoing
from tests.digest_made import SUNDAY
from tests.factories import NOON
from tests.letters import make_outgoing

LATER = Bounce(message="451 Come back")


def attempts_until_the_end() -> list[tuple[timedelta, Outgoing]]:
    """Try a message as soon as it may be, as long as it may be; give when each attempt was, and what it left."""
    now, message, found = NOON, make_outgoing(), []
    while message.state is MailState.WAITING:
        message = posting.settled(posting.taken(message, now=now), LATER, now=now)
        found.append((now - NOON, message))
        now = message.next_at or now
    return found


def test_attempts_come_after_one_five_fifteen_and_sixty_minutes_then_every_hour() -> None:
    times = [at for at, _ in attempts_until_the_end()]
    gaps = [(later - earlier) // timedelta(minutes=1) for earlier, later in pairwise(times)]
    assert gaps[:5] == [1, 5, 15, 60, 60]
    assert set(gaps[3:]) == {60}


def test_attempts_end_within_three_days_of_the_first() -> None:
    last, message = attempts_until_the_end()[-1]
    assert timedelta(days=3) - timedelta(hours=1) <= last <= timedelta(days=3)
    assert (message.state, message.next_at, message.message) == (MailState.REFUSED, None, "451 Come back")


def test_a_refusal_for_good_ends_it_at_once() -> None:
    refused = posting.settled(posting.taken(make_outgoing(), now=NOON), Bounce(message="550", for_good=True), now=NOON)
    assert (refused.state, refused.next_at, refused.attempts) == (MailState.REFUSED, None, 1)


def test_what_was_said_before_is_forgotten_when_it_is_sent() -> None:
    waiting = posting.settled(posting.taken(make_outgoing(), now=NOON), LATER, now=NOON)
    sent = posting.settled(posting.taken(waiting, now=NOON), None, now=NOON)
    assert (sent.state, sent.next_at, sent.message, sent.attempts) == (MailState.SENT, None, "", 2)


def test_a_message_under_way_is_its_taker_s_for_ten_minutes() -> None:
    taken = posting.taken(make_outgoing(), now=NOON)
    assert (taken.state, taken.next_at) == (MailState.SENDING, NOON + timedelta(minutes=10))


def test_putting_off_counts_as_an_attempt() -> None:
    off = posting.put_off(make_outgoing(attempts=1), LATER, now=NOON)
    assert (off.state, off.attempts, off.next_at) == (MailState.WAITING, 2, NOON + timedelta(minutes=5))


@pytest.mark.parametrize("other", ["READER@example.org", " reader@example.org "])
def test_an_address_in_another_spelling_has_the_same_message_id(other: str) -> None:
    assert local_part("daily", SUNDAY, other) == local_part("daily", SUNDAY, "reader@example.org")
