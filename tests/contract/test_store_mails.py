"""The contract of `digest_records.MailRecords`: of the database, and of the fake that tests of sending use."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.digests import posting
from aggregator.model.digest import DAILY, Bounce, MailState, Outgoing
from aggregator.ports import Store
from tests.blank import open_blank
from tests.digest_made import SUNDAY, make_digest
from tests.factories import NOON
from tests.mailroom import MemoryStore

pytestmark = pytest.mark.anyio

ANN, BOB, EVE = "ann@example.org", "bob@example.org", "eve@example.org"


async def in_memory(folder: Path) -> Store:
    return MemoryStore()


async def in_sqlite(folder: Path) -> Store:
    return await open_blank(folder / "aggregator.db")


IMPLEMENTATIONS = {"memory": in_memory, "sqlite": in_sqlite}


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
async def store(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Store]:
    store = await IMPLEMENTATIONS[request.param](tmp_path)
    yield store
    await store.aclose()


async def seal(store: Store, *recipients: str, name: str = DAILY) -> tuple[Outgoing, ...]:
    await store.write(lambda tx: tx.digests.seal(make_digest(name=name), recipients=recipients, now=NOON))
    return await store.read(lambda tx: tx.mails.of(name, SUNDAY))


async def due(store: Store, *, after: timedelta = timedelta(0), limit: int = 100) -> list[str]:
    found = await store.read(lambda tx: tx.mails.due(now=NOON + after, limit=limit))
    return [message.recipient for message in found]


async def save(store: Store, message: Outgoing) -> None:
    await store.write(lambda tx: tx.mails.save(message))


async def test_sealing_puts_a_message_for_each_recipient_into_the_outbox(store: Store) -> None:
    ann, bob = await seal(store, ANN, BOB)
    assert (ann.recipient, bob.recipient) == (ANN, BOB)
    assert (ann.name, ann.date, ann.state, ann.attempts) == (DAILY, SUNDAY, MailState.WAITING, 0)
    assert (ann.next_at, ann.message) == (NOON, "")
    assert ann.message_id != bob.message_id
    assert await due(store) == [ANN, BOB]


async def test_a_digest_without_recipients_has_no_mail(store: Store) -> None:
    assert await seal(store) == ()
    assert await due(store) == []


async def test_a_digest_that_was_sealed_before_gets_no_second_mail(store: Store) -> None:
    before = await seal(store, ANN)
    assert await seal(store, ANN, BOB) == before


async def test_what_is_not_kept_leaves_no_mail(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        await store.write(lambda tx: tx.digests.seal(make_digest(), recipients=[ANN], now=NOON) and 1 // 0)
    assert await due(store) == []


async def test_two_digests_of_one_day_go_to_one_recipient_under_two_ids(store: Store) -> None:
    (daily,) = await seal(store, ANN)
    (weekly,) = await seal(store, ANN, name="weekly")
    assert daily.message_id != weekly.message_id
    assert await due(store) == [ANN, ANN]


async def test_a_message_is_due_when_its_time_has_come_and_not_before(store: Store) -> None:
    (ann,) = await seal(store, ANN)
    await save(store, posting.settled(posting.taken(ann, now=NOON), Bounce(message="later"), now=NOON))
    assert await due(store, after=timedelta(seconds=59)) == []
    assert await due(store, after=timedelta(minutes=1)) == [ANN]


async def test_the_oldest_are_due_first(store: Store) -> None:
    ann, bob, eve = await seal(store, ANN, BOB, EVE)
    await save(store, replace(ann, next_at=NOON + timedelta(minutes=5)))
    await save(store, replace(eve, next_at=NOON - timedelta(minutes=5)))
    hour = timedelta(hours=1)
    assert await due(store, after=hour) == [EVE, BOB, ANN]
    assert await due(store, after=hour, limit=2) == [EVE, BOB]
    assert bob.next_at == NOON


async def test_a_message_that_is_under_way_is_due_again_after_ten_minutes(store: Store) -> None:
    (ann,) = await seal(store, ANN)
    await save(store, posting.taken(ann, now=NOON))
    assert await due(store, after=timedelta(minutes=9, seconds=59)) == []
    assert await due(store, after=timedelta(minutes=10)) == [ANN]


@pytest.mark.parametrize("bounce", [None, Bounce(message="550 Nobody", for_good=True)])
async def test_what_is_sent_or_refused_for_good_is_never_due_again(store: Store, bounce: Bounce | None) -> None:
    (ann,) = await seal(store, ANN)
    await save(store, posting.settled(posting.taken(ann, now=NOON), bounce, now=NOON))
    assert await due(store, after=timedelta(days=1000)) == []


async def test_every_field_that_changes_is_kept(store: Store) -> None:
    (ann,) = await seal(store, ANN)
    changed = replace(
        ann, state=MailState.REFUSED, attempts=7, next_at=None, message="mail.example:25 answered 550 «Ünbekannt»"
    )
    await save(store, changed)
    assert await store.read(lambda tx: tx.mails.of(DAILY, SUNDAY)) == (changed,)


async def test_asking_again_reaches_who_was_refused_and_who_is_new_under_the_same_ids(store: Store) -> None:
    (ann,) = await seal(store, ANN)
    await save(store, posting.settled(posting.taken(ann, now=NOON), Bounce(message="550", for_good=True), now=NOON))
    await store.write(lambda tx: tx.mails.ask_again(DAILY, SUNDAY, [ANN, BOB], now=NOON))
    again, bob = await store.read(lambda tx: tx.mails.of(DAILY, SUNDAY))
    assert again == ann
    assert (bob.recipient, bob.state, bob.attempts) == (BOB, MailState.WAITING, 0)


async def test_asking_again_does_not_send_twice(store: Store) -> None:
    ann, bob = await seal(store, ANN, BOB)
    sent, under_way = posting.settled(ann, None, now=NOON), posting.taken(bob, now=NOON)
    for message in (sent, under_way):
        await save(store, message)
    await store.write(lambda tx: tx.mails.ask_again(DAILY, SUNDAY, [ANN, BOB], now=NOON))
    assert await store.read(lambda tx: tx.mails.of(DAILY, SUNDAY)) == (sent, under_way)


async def test_asking_again_leaves_other_recipients_and_digests_alone(store: Store) -> None:
    (ann,) = await seal(store, ANN)
    refused = posting.settled(ann, Bounce(message="550", for_good=True), now=NOON)
    await save(store, refused)
    await store.write(lambda tx: tx.mails.ask_again(DAILY, SUNDAY, [BOB], now=NOON))
    assert (await store.read(lambda tx: tx.mails.of(DAILY, SUNDAY)))[0] == refused
    assert await store.read(lambda tx: tx.mails.of("weekly", SUNDAY)) == ()
