"""Laws of texts in headers of mail."""

from email import message_from_bytes, policy
from email.message import EmailMessage

from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.model.digest import SectionKind
from aggregator.publish import mail_headers
from aggregator.publish.digest_mail import DigestMail
from aggregator.text.words import one_line
from tests.digest_made import make_digest, make_item, make_section
from tests.letters import make_outgoing
from tests.published import make_site

PIECES = st.sampled_from(
    [
        "Iraq",
        "رؤساء",
        "é",
        "“quoted”",
        "a,b;c",
        "=?utf-8?q?x=0D=0A?=",
        "日本語ニュース",
        "x" * 90,
        "ا" * 120,
        "🇮🇶",
        '"',
        "\\",
        "<a@b>",
        "(c",
        "?=",
        "\r\n",
        "\u2028",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=12).map(" ".join))


def read(name: str, value: str) -> EmailMessage:
    written = f"{name}: {value}\r\nX-Next: 1\r\n\r\n"
    assert written.isascii()
    message = message_from_bytes(written.encode(), policy=policy.default)
    assert message.keys() == [name, "X-Next"]
    return message


@given(TEXTS)
@example("=?utf-8?q?a=0D=0ABcc:_x=40example.org?=")
@example("")
def test_a_text_is_read_back_as_one_line_of_what_it_was(text: str) -> None:
    assert read("Subject", mail_headers.text(text, before=9))["Subject"] == one_line(text)


@given(TEXTS)
def test_lines_are_as_long_as_encoded_words_may_be(text: str) -> None:
    first, *rest = mail_headers.text(text, before=9).split("\r\n ")
    longest = max((len(word) for word in text.split()), default=0)
    assert len(first) <= max(76 - 9, longest)
    assert all(len(line) + 1 <= max(77, longest + 1) for line in rest)


@given(TEXTS)
def test_a_name_of_any_letters_is_one_name_before_one_address(name: str) -> None:
    message = read("From", mail_headers.mailbox(name, "digest@news.example", before=6))
    assert [address.addr_spec for address in message["From"].addresses] == ["digest@news.example"]


@settings(max_examples=50)
@given(TEXTS, TEXTS, TEXTS)
def test_whatever_feeds_say_a_message_has_the_same_headers_and_two_readable_bodies(
    headline: str, teaser: str, publisher: str
) -> None:
    item = make_item(headline=headline, teaser=teaser, publisher=publisher, others=(headline,), changed=teaser)
    digest = make_digest(make_section(SectionKind.TOP, publisher, item), title=headline)
    written = DigestMail(make_site(), sender="digest@news.example").write(digest, make_outgoing())
    message = message_from_bytes(written, policy=policy.default)
    assert message.keys() == HEADERS
    plain, html = message.iter_parts()
    for part in (message, plain, html):
        assert part.defects == []
    assert one_line(headline) in " ".join(plain.get_content().split()) or not headline.isascii()
    assert html.get_content().endswith("</html>\r\n") or html.get_content().endswith("</html>\n")


HEADERS = [
    "From",
    "To",
    "Date",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Archive",
    "List-Post",
    "Auto-Submitted",
    "Precedence",
    "Subject",
    "MIME-Version",
    "Content-Type",
]
