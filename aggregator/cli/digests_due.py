"""What `aggregator poll` does after it has polled everything that was due: make the digests that are, and send them.

So whoever polls by cron needs no server for a digest. One that runs beside it does no harm: whichever comes first makes a digest, and takes
a message to send, in one transaction.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from aggregator.cli.digest_sent import said
from aggregator.cli.wording import counted
from aggregator.model.digest import Digest, MailState, Outgoing
from aggregator.services.digest import Digests

if TYPE_CHECKING:
    from aggregator.publish.site import Site
    from aggregator.services.mailing import Mailing


async def make_and_send(
    digests: Digests, mailing: "Mailing | None", site: "Site", *, tell: Callable[[str], None] = click.echo
) -> bool:
    """Do both, and tell what was made and sent; what was not sent is said on stderr.

    Messages of earlier digests whose time to be tried again has come go out as well.

    Returns:
        False where a message has not gone.
    """
    for digest in await digests.seal_due():
        tell(_made(digest))
    if mailing is None:
        return True
    sent: list[bool] = []

    def note(message: Outgoing) -> None:
        sent.append(message.state is MailState.SENT)
        line = f"digest {message.name} of {message.date} to {message.recipient}: {said(message, site)}"
        if sent[-1]:
            tell(line)
        else:
            click.echo(line, err=True)

    await mailing.send_due(note)
    return all(sent)


def _made(digest: Digest) -> str:
    return f"digest {digest.name} of {digest.date} made: {counted(len(digest.items), 'story', 'stories')}"
