"""Send the digests that wait for it: the outbox.

    due   ->  SENDING, saved   ->  the mail server   ->  SENT, REFUSED or later, saved

A row for each digest and recipient is made when a digest is sealed, in that transaction. What becomes of it is decided by
`digests.posting`; a message is written anew for every attempt, with the same bytes.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import date

from aggregator.digests import posting
from aggregator.model.digest import Bounce, Digest, MailState, Outgoing
from aggregator.ports import Clock, Mailer, Store, Transaction

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 500
"""Messages a round."""

Write = Callable[[Digest, Outgoing], bytes]
"""Makes the message of a digest for a recipient: `publish.digest_mail.DigestMail.write`."""
OnResult = Callable[[Outgoing], None]


class Mailing:
    """Brings digests to their recipients.

    Args:
        store: holds the outbox.
        mailer: the way to the mail server.
        clock: time.
        write: makes a message.
        sender: address of the envelope, to which servers return what they can't deliver.
    """

    def __init__(self, store: Store, mailer: Mailer, clock: Clock, *, write: Write, sender: str) -> None:
        self._store = store
        self._mailer = mailer
        self._clock = clock
        self._write = write
        self._sender = sender
        self._stopping = False

    def stop(self) -> None:
        """Begin no further message; the one under way goes on."""
        self._stopping = True

    async def send_due(self, on_result: OnResult | None = None) -> int:
        """Send what is due, one message after another; gives how many were sent, and tells `on_result` how each stands now.

        One recipient's refusal does not hold the others. When the server takes nothing from anybody, the rest of what is due
        waits as long as the message that met it. Cancelled, it leaves the message under way to be sent again in ten minutes.
        """
        sent = 0
        for _ in range(MOST_AT_ONCE):
            message = None if self._stopping else await self._take()
            if message is None:
                break
            bounce = await self._send(message)
            then = await self._settle(message, bounce)
            sent += bounce is None
            if on_result:
                on_result(then)
        return sent

    async def send(self, name: str, day: date, recipients: Sequence[str]) -> tuple[Outgoing, ...]:
        """Send a sealed digest to these recipients now, unless they have got it; gives how each of its messages stands."""
        now = self._clock.now()
        await self._store.write(lambda tx: tx.mails.ask_again(name, day, recipients, now=now))
        await self.send_due()
        return await self._store.read(lambda tx: tx.mails.of(name, day))

    async def _take(self) -> Outgoing | None:
        now = self._clock.now()

        def work(tx: Transaction) -> Outgoing | None:
            for message in tx.mails.due(now=now, limit=1):
                tx.mails.save(taken := posting.taken(message, now=now))
                return taken
            return None

        # Every tick looks, and most find nothing: a read disturbs no writer.
        if not await self._store.read(lambda tx: tx.mails.due(now=now, limit=1)):
            return None
        return await self._store.write(work)

    async def _send(self, message: Outgoing) -> Bounce | None:
        digest = await self._store.read(lambda tx: tx.digests.get(message.name, message.date))
        if digest is None:
            return Bounce(message=f"there is no digest {message.name} of {message.date.isoformat()}", for_good=True)
        try:
            written = self._write(digest, message)
        except Exception:
            # A digest that can't be written must not hold those that can.
            logger.exception("digest %s of %s for %s can't be written", message.name, message.date, message.recipient)
            return Bounce(message="the message could not be written; the log says why")
        return await self._mailer.send(written, sender=self._sender, recipient=message.recipient)

    async def _settle(self, message: Outgoing, bounce: Bounce | None) -> Outgoing:
        now = self._clock.now()
        then = posting.settled(message, bounce, now=now)

        def work(tx: Transaction) -> None:
            tx.mails.save(then)
            if bounce and bounce.server:
                for other in tx.mails.due(now=now, limit=MOST_AT_ONCE):
                    tx.mails.save(posting.put_off(other, bounce, now=now))

        await self._store.write(work)
        _log(then)
        return then


def _log(message: Outgoing) -> None:
    where = (message.name, message.date, message.recipient)
    match message.state:
        case MailState.SENT:
            logger.info("digest %s of %s sent to %s", *where)
        case MailState.REFUSED:
            logger.warning("digest %s of %s is not sent to %s any more: %s", *where, message.message)
        case _:
            logger.warning(
                "digest %s of %s for %s waits until %s: %s",
                *where,
                message.next_at.isoformat(timespec="seconds") if message.next_at else "",
                message.message,
            )
