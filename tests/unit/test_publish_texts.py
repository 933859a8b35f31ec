"""How texts, dates and media of all kinds are written, each as whoever reads it expects."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from aggregator.model.entry import Enclosure
from aggregator.publish import atom, rss
from aggregator.publish.listed import listed, plain, told_apart
from aggregator.publish.xml import Element, add_moment, document
from aggregator.text.words import html_safe
from tests.factories import NOON
from tests.published import make_channel, make_entry, make_published

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("don\x92t \x93wait\x94 \x96 \x80 5", "don\u2019t \u201cwait\u201d \u2013 \u20ac 5"),
        ("a\x81b\x7fc", "abc"),
        ("\ufdd0x\ufdefy\U0001fffez\U0010ffff", "xyz"),
        ("\x00a\x0b\ufffe\ud800b", "ab"),
        ("caf\u00e9 \u00a0\ufffd", "caf\u00e9 \u00a0\ufffd"),
        ("tab\tline\n", "tab\tline\n"),
    ],
)
def test_characters_that_xml_or_html_does_not_want_go_or_become_what_was_meant(text: str, expected: str) -> None:
    assert html_safe(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sch\xc3\xb6n", "schön"),
        ("<p>f\xc3\xbcr 5\xc2\xa0\xe2\x82\xac &amp; mehr</p>", "<p>für 5\xa0€ &amp; mehr</p>"),
        ("<b>gr\xc3\xbcn</b> und grün &lt; gr\xc3\xa4ulich", "<b>grün</b> und grün &lt; gräulich"),
        ("«AMANHÃ»", "«AMANHÃ»"),
        ("grün, gr\xc3\xbcn", "grün, grün"),
        ("gr\xc3\xbcn – blau", "grün – blau"),
        ("“La Roma \xc3\xa8 forte”", "“La Roma è forte”"),
        ("Let\xe2€™s say \xe2€œno\xe2€\x9d", "Let’s say “no”"),
        ("MANHÃ… «IRMû, 10 €", "MANHÃ… «IRMû, 10 €"),
        ("Ã— à »", "Ã— à »"),
        ("DEJÀ VU, Ã, Â°C", "DEJÀ VU, Ã, Â°C"),
        ("\xc3\xaf \xef\xbf\xbe", "ï "),
    ],
)
def test_letters_that_were_encoded_twice_are_mended_where_nothing_else_can_be_meant(text: str, expected: str) -> None:
    assert html_safe(text) == expected


def test_a_headline_in_windows_letters_has_its_quotation_marks() -> None:
    assert plain("He said \x93no\x94") == "He said \u201cno\u201d"


@pytest.mark.parametrize(
    ("teaser", "written"),
    [
        ("one &nbsp; two", '<summary type="text">one &#x26;nbsp; two</summary>'),
        ("R&D and 1 < 2", '<summary type="text">R&#x26;D and 1 &#x3C; 2</summary>'),
        ("use <b>bold</b>", '<summary type="html">use &amp;lt;b&amp;gt;bold&amp;lt;/b&amp;gt;</summary>'),
    ],
)
def test_a_text_that_looks_like_html_is_spelled_out_or_declared(teaser: str, written: str) -> None:
    document = atom.write(make_channel(), [make_published(make_entry(teaser=teaser, content="<p>-</p>"))])
    assert written in document.decode()


def test_the_description_of_an_item_is_html_whatever_a_teaser_looks_like() -> None:
    """The profile: it "must be suitable for presentation as HTML"."""
    teaser = "<script>alert(1)</script> & 1 < 2"
    document = rss.write(make_channel(), [make_published(make_entry(teaser=teaser, content="<p>-</p>"))])
    found = ET.fromstring(document).findtext("channel/item/description")
    assert found == "&lt;script&gt;alert(1)&lt;/script&gt; &amp; 1 &lt; 2"


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (NOON, "2026-03-10T12:00:00Z"),
        (NOON + timedelta(microseconds=7), "2026-03-10T12:00:00.000007Z"),
        (datetime(999, 1, 2, 3, 4, 5, tzinfo=UTC), "0999-01-02T03:04:05Z"),
    ],
)
def test_a_moment_is_written_to_the_microsecond_where_it_has_any(at: datetime, written: str) -> None:
    root = Element("entry", {})
    add_moment(root, "updated", at)
    assert ET.fromstring(document(root)).findtext("updated") == written


def test_entries_of_one_second_keep_the_order_they_came_in() -> None:
    moments = [told_apart(NOON + timedelta(milliseconds=900 - number % 900), number) for number in (3, 4, 999_999)]
    assert moments == sorted(moments)
    assert all(NOON <= moment < NOON + timedelta(seconds=1) for moment in moments)
    assert told_apart(NOON, 5_000_007) == NOON + timedelta(microseconds=7)


def test_an_entry_s_moment_stays_when_another_copy_comes_to_lead() -> None:
    first, second = make_entry(5), make_entry(8, copy_set=5, url="https://other.example/8")
    before, after = (listed(make_channel(), [make_published(each)])[0].updated_at for each in (first, second))
    assert before == after


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("audio/mpeg", "audio/mpeg"),
        ("audio/ogg; codecs=opus", "audio/ogg"),
        ("mp3", ""),
        ("", ""),
        ('"><b>', ""),
    ],
)
def test_a_media_type_is_one_or_left_out(given: str, written: str) -> None:
    media = [Enclosure(url="https://example.org/a", media_type=given)] * 2
    (item,) = listed(make_channel(), [make_published(make_entry(enclosures=media))])
    assert [(each.url, each.media_type) for each in item.enclosures] == [("https://example.org/a", written)]
