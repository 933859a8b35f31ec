"""Write a digest as a message (RFC 5322, MIME): the same digest and recipient, the same bytes.

So a message that goes out twice, because a server's answer was lost, is the same message twice, and mail programs that know
Message-IDs show one.
"""

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from aggregator.model.digest import Digest, Outgoing
from aggregator.publish import mail_body, mail_headers
from aggregator.publish.digest_sheet import Sheet, sheet
from aggregator.publish.site import Site
from aggregator.text.words import first_words

MEDIA_TYPE = "message/rfc822"

_HEADLINES: Final = 3
_LONGEST_SUBJECT: Final = 150
"""Clients show 30 to 70 characters of a subject; more of it is for searching."""
_POLICY: Final = SMTP.clone(cte_type="7bit", refold_source="none")
"""ASCII alone and lines of at most 76 characters, which every server takes; headers as `mail_headers` wrote them."""


class DigestMail:
    """Writes the messages of one site.

    Args:
        site: whose digests.
        sender: address that they come from.
        owner: address that answers go to, and whoever wants no more of them; None: the sender's.
    """

    def __init__(self, site: Site, *, sender: str, owner: str | None = None) -> None:
        self._site = site
        self._sender = sender
        self._owner = owner or sender

    def write(self, digest: Digest, outgoing: Outgoing) -> bytes:
        """Write the message of a sealed digest to a recipient; lines end in CRLF."""
        made = sheet(self._site, digest)
        subject = subject_of(made)
        message = EmailMessage(policy=_POLICY)
        for name, value in self._headers(digest, made, outgoing):
            message.set_raw(name, value)
        message.set_raw("Subject", mail_headers.text(subject, before=len("Subject: ")))
        foot = mail_body.Foot(recipient=outgoing.recipient, owner=self._owner, unsubscribe=self._unsubscribe(outgoing))
        message.set_content(mail_body.text(made, foot))
        message.add_alternative(mail_body.html(made, foot, subject=subject), subtype="html")
        # The package would draw a boundary at random. "=_" stands in no quoted-printable and no base64 (RFC 2045 section 6.7).
        message.set_boundary(f"=_{sha256(self._message_id(outgoing).encode()).hexdigest()[:32]}")
        return message.as_bytes()

    def _headers(self, digest: Digest, made: Sheet, outgoing: Outgoing) -> Iterator[tuple[str, str]]:
        yield "From", mail_headers.mailbox(made.title, self._sender, before=len("From: "))
        yield "To", f"<{outgoing.recipient}>"
        if self._owner != self._sender:
            yield "Reply-To", f"<{self._owner}>"
        yield "Date", format_datetime(self._site.local(digest.end))
        yield "Message-ID", f"<{self._message_id(outgoing)}>"
        # RFC 2919 and RFC 2369: by these readers sort, and find the way out.
        label = f"{made.name}.digests.{self._site.authority}"
        yield "List-Id", mail_headers.mailbox(made.title, label, before=len("List-Id: "))
        yield "List-Unsubscribe", f"<{self._unsubscribe(outgoing)}>"
        yield "List-Archive", f"<{made.list_url}>"
        yield "List-Post", "NO"
        # RFC 3834 section 5: no vacation notice shall answer. Precedence is older and unwritten law; some heed it alone.
        yield "Auto-Submitted", "auto-generated"
        yield "Precedence", "bulk"

    def _unsubscribe(self, outgoing: Outgoing) -> str:
        """Give the address (RFC 6068) of a mail that asks for no more: recipients stand in feeds.yaml, where people put them."""
        wish = quote(f"unsubscribe {outgoing.name} {outgoing.recipient}")
        return f"mailto:{quote(self._owner, safe='@')}?subject={wish}"

    def _message_id(self, outgoing: Outgoing) -> str:
        return f"{outgoing.message_id}@{self._site.authority}"


def subject_of(made: Sheet) -> str:
    """Name the first headlines; the day where there are none."""
    headlines = "; ".join(item.headline for item in made.items[:_HEADLINES])
    return first_words(f"{made.title}: {headlines or made.heading}", length=_LONGEST_SUBJECT)
