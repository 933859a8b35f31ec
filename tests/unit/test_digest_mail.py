"""The message of a digest: what mail programs, filters and people make of it.

With AGGREGATOR_WRITE_GOLDEN=1 the golden documents are written anew: read the difference.
"""

import os
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.model.digest import Digest, DigestItem, SectionKind
from aggregator.publish.digest_mail import DigestMail
from tests.digest_made import make_digest, make_item, make_section, whole_digest
from tests.letters import READER, make_outgoing, outgoing_of
from tests.published import make_site

GOLDEN = Path(__file__).parent / "golden"
SENDER = "digest@news.example"


def write(digest: Digest, *, recipient: str = READER, url: str = "https://news.example/", owner: str = "") -> bytes:
    letters = DigestMail(make_site(url=url), sender=SENDER, owner=owner or None)
    return letters.write(digest, outgoing_of(digest, recipient))


def read(written: bytes) -> EmailMessage:
    message = message_from_bytes(written, policy=policy.default)
    assert message.defects == []
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    assert part.defects == []
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def page_of(digest: Digest) -> LexborHTMLParser:
    return LexborHTMLParser(body(read(write(digest)), "html"))


def first(page: LexborHTMLParser, selector: str) -> LexborNode:
    return page.css(selector)[0]


def telling(item: DigestItem, *, title: str = "Related Stories") -> Digest:
    return make_digest(make_section(SectionKind.TOP, "Top stories", item), title=title)


@pytest.mark.parametrize("name", ["digest.eml", "digest-mail.txt", "digest-mail.html"])
def test_a_message_that_uses_everything_is_written_as_before(name: str) -> None:
    written = write(whole_digest(), owner="editor@news.example")
    kind = {".txt": "plain", ".html": "html"}.get(Path(name).suffix)
    found = body(read(written), kind).encode() if kind else written
    if os.environ.get("AGGREGATOR_WRITE_GOLDEN"):
        (GOLDEN / name).write_bytes(found)
    assert found == (GOLDEN / name).read_bytes()


def test_the_same_digest_to_the_same_reader_is_the_same_bytes() -> None:
    assert write(whole_digest()) == write(whole_digest())


def test_a_message_is_ascii_in_short_lines_that_every_server_takes() -> None:
    written = write(whole_digest())
    assert written.isascii()
    head, _, rest = written.partition(b"\r\n\r\n")
    assert max(map(len, rest.split(b"\r\n"))) <= 78
    assert all(len(line) <= 78 or line.startswith(b"List-Unsubscribe:") for line in head.split(b"\r\n"))
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert b"\r" not in written.replace(b"\r\n", b"")


def test_headers_say_who_when_and_that_a_machine_wrote_it() -> None:
    message = read(write(whole_digest(), owner="editor@news.example"))
    assert message["From"] == "Related Stories <digest@news.example>"
    assert message["To"] == READER
    assert message["Reply-To"] == "editor@news.example"
    assert message["Date"] == "Sun, 02 Sep 2018 06:00:00 +0300"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["List-Id"] == '"Related Stories" <daily.digests.news.example>'
    assert message["List-Archive"] == "<https://news.example/digests>"
    assert message["List-Unsubscribe"] == (
        "<mailto:editor@news.example?subject=unsubscribe%20daily%20reader%40example.org>"
    )


def test_who_wants_no_more_writes_to_the_sender_where_no_owner_is_named() -> None:
    message = read(write(whole_digest()))
    assert message["List-Unsubscribe"].startswith("<mailto:digest@news.example?")
    assert message["Reply-To"] is None


def test_a_message_id_is_that_of_one_digest_and_reader_and_does_not_show_the_address() -> None:
    ids = {
        str(read(write(digest, recipient=recipient))["Message-ID"])
        for digest in (make_digest(), make_digest(name="weekly"))
        for recipient in (READER, "other@example.org")
    }
    assert len(ids) == 4
    assert all(re.fullmatch(r"<(daily|weekly)\.2018-09-02\.[0-9a-f]{20}@news\.example>", each) for each in ids)


def test_a_site_at_an_address_without_a_name_has_a_legal_message_id() -> None:
    assert str(read(write(make_digest(), url="http://[::1]:8000/"))["Message-ID"]).endswith("@--1>")


def test_the_subject_names_the_first_headlines() -> None:
    items = [make_item(number, headline=f"Headline {number}") for number in range(1, 6)]
    digest = make_digest(make_section(SectionKind.TOP, "Top stories", *items))
    assert read(write(digest))["Subject"] == "Related Stories: Headline 1; Headline 2; Headline 3"


def test_the_subject_of_a_digest_without_stories_names_the_day() -> None:
    empty = make_digest(make_section(SectionKind.TOP, "Top stories"))
    assert read(write(empty))["Subject"] == "Related Stories: Sunday, 2 September 2018"


@pytest.mark.parametrize(
    "headline",
    [
        "First\r\nBcc: all@example.org",
        "First\u2028Bcc: all@example.org\u2029",
        "First\x85Bcc: all@example.org\x0b\x0c",
        "First\x00\x1b[31m\x7f Bcc: all@example.org",
        "=?utf-8?q?First=0D=0ABcc:_all=40example.org?=",
        "\u202eFirst\u2066 Bcc: all@example.org",
        "First " + "very " * 400 + "long",
        "W" * 5000,
        "ا" * 5000,
        "\ud800First",
    ],
)
def test_s11_no_headline_breaks_the_subject_or_adds_a_header(headline: str) -> None:
    written = write(telling(make_item(headline=headline), title=headline))
    message = read(written)
    assert message.get_all("Bcc") is None
    (subject,) = message.get_all("Subject", [])
    assert len(subject) <= 151
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", subject)
    assert message["From"].addresses[0].addr_spec == SENDER
    assert body(message, "plain")
    assert body(message, "html")


def test_an_encoded_word_in_a_headline_is_shown_as_it_was_typed() -> None:
    headline = "How =?utf-8?q?words=0D=0A?= are encoded"
    assert read(write(telling(make_item(headline=headline))))["Subject"] == f"Related Stories: {headline}"


@pytest.mark.parametrize("title", ['Big "News", Inc. (daily)', "أخبار اليوم، العالم", "a@b <c>", "日本" * 60])
def test_a_title_of_any_letters_stands_before_the_sender_s_address(title: str) -> None:
    sender = read(write(telling(make_item(), title=title)))["From"].addresses
    assert [address.addr_spec for address in sender] == [SENDER]
    # Python's parser keeps the spaces between encoded words of a name, which RFC 2047 section 6.2 has it drop.
    shown = sender[0].display_name if title.isascii() else sender[0].display_name.replace(" ", "")
    expected = title if title.isascii() else title.replace(" ", "")
    assert shown == (expected if len(title) <= 60 else f"{title[:60]}…")


def test_the_html_loads_nothing_and_runs_nothing() -> None:
    page = page_of(whole_digest())
    assert page.css("img, script, link, iframe, object, form, table, [src], [background], [onclick]") == []
    assert not re.search(r"url\(|@import|@font-face", page.html or "")
    schemes = {(link.attributes["href"] or "").partition(":")[0] for link in page.css("a")}
    assert schemes == {"https", "mailto"}


def test_styles_stand_at_their_elements_and_dark_mode_in_the_head() -> None:
    page = page_of(whole_digest())
    assert all("font-size: 19px" in (heading.attributes["style"] or "") for heading in page.css("h3"))
    (style,) = page.css("style")
    assert re.sub(r"\s+", " ", style.text()).startswith("@media (prefers-color-scheme: dark) { body, .paper {")
    assert first(page, "meta[name=color-scheme]").attributes["content"] == "light dark"
    assert "max-width: 600px" in (first(page, "div").attributes["style"] or "")


def test_every_piece_says_its_language_and_direction() -> None:
    page = page_of(whole_digest())
    arabic = first(page, "div[lang=ar]")
    assert arabic.attributes["dir"] == "rtl"
    assert arabic.css("h3")[0].text() == "واشنطن: US says قائد الجيش في بغداد"
    assert first(page, "a[lang=ar]").attributes["dir"] == "rtl"
    assert {(piece.attributes["dir"] or "") for piece in page.css("[dir]")} == {"ltr", "rtl"}


def test_markup_in_texts_is_shown_and_not_obeyed() -> None:
    item = make_item(headline="<script>alert(1)</script>", teaser="<b>&amp;</b>", publisher='"><img src=x>')
    page = page_of(telling(item))
    assert first(page, "h3").text() == "<script>alert(1)</script>"
    assert page.css("b, img, script") == []
    assert "<b>&amp;</b>" in page.text()


def test_html_of_a_long_digest_is_short_enough_not_to_be_clipped() -> None:
    items = [
        make_item(number, others=("AFP", "BBC", "DW", "El País", "Echo"), teaser="word " * 60) for number in range(60)
    ]
    digest = make_digest(make_section(SectionKind.TOP, "Top stories", *items))
    assert len(body(read(write(digest)), "html").encode()) < 102_000


def test_text_and_html_say_to_whom_it_went_and_how_that_ends() -> None:
    message = read(write(whole_digest(), owner="editor@news.example"))
    for kind in ("plain", "html"):
        said = re.sub(r"<[^>]*>|\s+", " ", body(message, kind))
        assert f"because {READER} is one of the recipients of Related Stories" in said
        assert "To get it no more, write to editor@news.example" in said


def test_text_lines_are_72_columns_but_for_addresses() -> None:
    text = body(read(write(whole_digest())), "plain")
    assert all(len(line) <= 72 for line in text.splitlines() if "://" not in line)
    assert "\n-- \n" in text


def test_the_message_names_the_stored_message_id() -> None:
    letters = DigestMail(make_site(), sender=SENDER)
    written = letters.write(make_digest(), make_outgoing())
    assert read(written)["Message-ID"] == f"<{make_outgoing().message_id}@news.example>"
