"""To whom `aggregator digest --send` sends, and what became of it."""

from collections.abc import Sequence

import click

from aggregator.errors import UserError
from aggregator.model.digest import DigestPlan, MailState, Outgoing
from aggregator.publish.site import Site


def recipients(plans: Sequence[DigestPlan], name: str, *, has_server: bool) -> tuple[str, ...]:
    """Give to whom a digest goes.

    Raises:
        UserError: to nobody, or there is no server that takes mail; the message says what feeds.yaml lacks.
    """
    plan = next((plan for plan in plans if plan.name == name), None)
    if plan is None:
        named = ", ".join(plan.name for plan in plans) or "none"
        raise UserError(f"there is no digest named {name!r}; feeds.yaml orders: {named}")
    if not has_server:
        raise UserError("no mail is configured: name a server and a sender under `mail:` in feeds.yaml")
    if not plan.recipients:
        raise UserError(f"the digest {name!r} has no recipients: list their addresses in feeds.yaml")
    return plan.recipients


def tell(messages: Sequence[Outgoing], site: Site) -> bool:
    """Say to standard error how each message stands; False where one has not gone."""
    for message in messages:
        click.echo(f"{message.recipient}: {said(message, site)}", err=True)
    return all(message.state is MailState.SENT for message in messages)


def said(message: Outgoing, site: Site) -> str:
    """Say how a message stands."""
    answer = f": {message.message}" if message.message else ""
    match message.state:
        case MailState.SENT:
            return "sent"
        case MailState.REFUSED:
            return f"refused{answer}"
        case MailState.SENDING:
            return "is being sent by another process"
        case MailState.WAITING:
            again = (
                f"; tried again {site.local_text(message.next_at)} by aggregator serve or poll"
                if message.next_at
                else ""
            )
            return f"not sent{answer}{again}"
