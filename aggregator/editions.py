"""Put together what makes digests and sends them, for `serve` and for `aggregator digest`; `bootstrap` does the rest."""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from aggregator.config.model import Configuration
from aggregator.ports import Clock, Store
from aggregator.publish.site import Site
from aggregator.services.digest import Digests
from aggregator.services.mailing import Mailing

if TYPE_CHECKING:
    from aggregator.mail import SmtpMailer

logger = logging.getLogger(__name__)

_PREVIEWS_LAST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Editions:
    """What `aggregator digest` uses."""

    digests: Digests
    site: Site
    clock: Clock
    mailing: Mailing | None
    """None: feeds.yaml names no mail server."""


def editions(configuration: Configuration, store: Store, clock: Clock) -> Editions:
    """Make all of it."""
    return Editions(
        digests=digests(configuration, store, clock),
        site=published_site(configuration),
        clock=clock,
        mailing=mailing(configuration, store, clock),
    )


def published_site(configuration: Configuration) -> Site:
    """Give what the published site says of itself."""
    site = configuration.site
    return Site(
        title=site.title,
        url=site.url,
        timezone=site.timezone,
        description=site.description or "",
        interval=configuration.polling.interval,
    )


def mailing(configuration: Configuration, store: Store, clock: Clock) -> Mailing | None:
    """Make what sends digests; None where feeds.yaml names no mail server."""
    mail = configuration.mail
    if mail.host is None or mail.sender is None:
        return None
    # What writes messages: `aggregator poll` sends none.
    from aggregator.publish.digest_mail import DigestMail  # noqa: PLC0415 -- see above

    message = DigestMail(published_site(configuration), sender=mail.sender)
    mailer = mail_server(configuration)
    return Mailing(store, mailer, clock, write=message.write, sender=mail.sender) if mailer else None


def mail_server(configuration: Configuration) -> "SmtpMailer | None":
    """Make the way to the mail server; None where feeds.yaml names none."""
    mail = configuration.mail
    if mail.host is None:
        return None
    # aiosmtplib: `aggregator poll` sends nothing.
    from aggregator.config.secret import password  # noqa: PLC0415 -- see above
    from aggregator.mail import MailServer, SmtpMailer  # noqa: PLC0415 -- see above

    return SmtpMailer(
        MailServer(
            host=mail.host,
            port=mail.used_port,
            security=mail.security,
            timeout=mail.timeout,
            user=mail.user or "",
            password=partial(password, mail),
        )
    )


def digests(configuration: Configuration, store: Store, clock: Clock) -> Digests:
    """Make what makes digests.

    Without a mail server nothing is put into the outbox: it would all go out on the day on which one is named.
    """
    site, plans = configuration.site, configuration.digest_plans
    if configuration.mail.host is None:
        if any(plan.recipients for plan in plans):
            logger.warning("digests have recipients, but feeds.yaml names no mail server: nobody is mailed")
        plans = tuple(replace(plan, recipients=()) for plan in plans)
    return Digests(store, clock, site.timezone, plans=plans, title=site.title, previews_last=_PREVIEWS_LAST)
