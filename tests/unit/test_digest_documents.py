"""What readers make of a digest in every format: read back with the parsers that they use."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZIP_STORED, ZipFile

import feedparser
import pytest
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from aggregator.cli.digest import FORMATS
from aggregator.model.digest import Digest, SectionKind
from aggregator.publish import digest_epub, digest_feed, digest_html, digest_json, digest_markdown, digest_text
from aggregator.publish.digest_places import path
from aggregator.publish.digest_sheet import sheet
from aggregator.publish.digest_text import WIDTH, folded, width
from aggregator.publish.site import Channel, Site
from tests.digest_made import SUNDAY, make_digest, make_item, make_section, whole_digest
from tests.published import make_site

SITE = make_site()
HEADLINES = [item.headline or "(untitled)" for item in whole_digest().items]
XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"


def _channel(suffix: str) -> Channel:
    return Channel(
        site=SITE,
        id=SITE.tag("digests"),
        title="Digests",
        description="",
        self_url=SITE.address(f"digests.{suffix}"),
        home_url=SITE.address("digests"),
        updated_at=whole_digest().end,
    )


def _one(item_headline: str, **given: Any) -> Digest:  # noqa: ANN401 - fields of an item
    return make_digest(make_section(SectionKind.TOP, "Top stories", make_item(headline=item_headline, **given)))


# What all formats say


def test_a_digest_of_a_day_is_called_by_the_day_and_says_from_when_to_when() -> None:
    made = sheet(SITE, make_digest())
    assert made.heading == "Sunday, 2 September 2018"
    assert made.span == "Sat, 1 Sep 06:00 to Sun, 2 Sep 06:00, Asia/Beirut"
    assert made.counted == "1 of 312 stories, from 1,204 entries of 60 publishers"


def test_a_digest_of_a_week_is_called_by_its_last_day_and_its_times_have_dates() -> None:
    made = sheet(SITE, make_digest(days=7))
    assert made.heading == "The 7 days to Sunday, 2 September 2018"
    assert made.items[0].time == "Sat, 1 Sep 13:07"


def test_a_week_in_which_clocks_are_put_forward_has_seven_days() -> None:
    week = replace(make_digest(), start=make_digest().end - timedelta(hours=167))
    assert sheet(SITE, week).heading == "The 7 days to Sunday, 2 September 2018"


def test_a_day_of_twenty_five_hours_is_one_day() -> None:
    made = make_digest()
    longer = replace(made, start=made.end - timedelta(hours=25))
    assert sheet(SITE, longer).heading == "Sunday, 2 September 2018"


def test_one_of_everything_is_counted_in_the_singular() -> None:
    made = sheet(SITE, replace(make_digest(), stories=1, entries=1, publishers=1))
    assert made.counted == "1 of 1 story, from 1 entry of 1 publisher"


def test_stories_of_entries_that_were_published_before_the_period_are_not_said_to_be_of_none() -> None:
    made = sheet(SITE, replace(make_digest(), stories=4, entries=0, publishers=0))
    assert made.counted == "1 of 4 stories"
    assert sheet(SITE, replace(make_digest(), stories=4, entries=3, publishers=1)).counted == "1 of 4 stories"


def test_a_digest_of_nothing_says_so_instead_of_counting() -> None:
    made = sheet(SITE, replace(make_digest(), sections=(), stories=0, entries=0, publishers=0))
    assert made.counted == "No stories"


@pytest.mark.parametrize(
    ("others", "said", "page"),
    [
        ((), "A", "all about it"),
        (("B",), "A, also B", "both publishers"),
        (("B", "C", "D", "E"), "A, also B, C, D, E", "all 5 publishers"),
        (("B", "C", "D", "E", "F"), "A, also B, C, D and 2 more", "all 6 publishers"),
    ],
)
def test_few_publishers_are_named_of_many_the_first(others: tuple[str, ...], said: str, page: str) -> None:
    (item,) = sheet(SITE, _one("x", publisher="A", others=others)).items
    assert (item.credits, item.page_name) == (said, page)


def test_a_headline_leads_to_the_article_or_where_there_is_none_to_our_page() -> None:
    assert sheet(SITE, _one("x", url="https://a.example/1")).items[0].url == "https://a.example/1"
    assert sheet(SITE, _one("x", url=None)).items[0].url == "https://news.example/stories/1"


def test_a_daily_digest_needs_no_name_in_its_address() -> None:
    assert path("daily", SUNDAY) == "digests/2018-09-02"
    assert path("weekly", SUNDAY) == "digests/weekly/2018-09-02"


def test_control_and_direction_characters_reach_no_format() -> None:
    nasty = "a\r\nb\u2028c\u202ed\x00e\x1bf\ud800g"
    digest = _one(nasty, teaser=nasty, publisher=nasty, others=(nasty,), changed=nasty)
    for module in (digest_text, digest_markdown, digest_html, digest_json, digest_epub):
        written = module.write(SITE, digest)
        for left in ("\u2028", "\u202e", "\x00", "\x1b", "\ufffd"):
            assert left.encode() not in written[200:] or module is digest_epub


# Plain text


def test_no_line_of_text_is_wider_than_mail_shows_but_for_addresses() -> None:
    lines = digest_text.write(SITE, whole_digest()).decode().splitlines()
    assert [line for line in lines if width(line) > WIDTH and "://" not in line] == []


def test_the_number_of_a_story_leads_to_its_addresses() -> None:
    text = digest_text.write(SITE, whole_digest()).decode()
    assert re.search(r"^5\.  - A dash begins it$", text, re.MULTILINE)
    assert "5.  https://example.org/a_(b)?c=1&d=<2>\n    https://news.example/stories/5\n" in text


def test_a_hundredth_story_is_numbered_with_a_space_after_it() -> None:
    many = make_digest(make_section(SectionKind.BRIEF, "In brief", *(make_item(number) for number in range(1, 102))))
    assert "\n100. Headline number 100 (Example)\n" in digest_text.write(SITE, many).decode()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a" * 100, ["a" * 100]),
        ("a " * 36 + "b", [" ".join("a" * 36), "b"]),
        ("中" * 40, ["中" * 36, "中" * 4]),
        ("中" * 35 + "中。", ["中" * 35, "中。"]),
        ("e\u0301" * 72 + " x", ["e\u0301" * 72, "x"]),
    ],
)
def test_lines_break_between_words_and_between_wide_characters(text: str, lines: list[str]) -> None:
    assert folded(text) == lines


# Markdown


def _markdown(digest: Digest) -> LexborHTMLParser:
    return LexborHTMLParser(MarkdownIt("commonmark").render(digest_markdown.write(SITE, digest).decode()))


def test_markdown_has_each_headline_as_a_link_and_nothing_else_for_markup() -> None:
    page = _markdown(whole_digest())
    links = page.css("h3 > a, li > a:first-child")
    own = [
        (each.text(), each.attributes["href"]) for each in links if "/stories/7" not in (each.attributes["href"] or "")
    ]
    assert own == [
        (item.headline, item.url.replace("<", "%3C").replace(">", "%3E")) for item in sheet(SITE, whole_digest()).items
    ]
    assert [each.text() for each in page.css("h2")] == [section.title for section in whole_digest().sections]


@pytest.mark.parametrize(
    "headline",
    [
        "# no heading",
        "1. no list",
        "12) no list",
        "- no list",
        "+ no list",
        "> no quote",
        "*no* _emphasis_ `code` ~~struck~~ **at** __all__",
        "[no](link) ![no](image) [ref]: x <b>no</b> <https://no.example>",
        "&copy; &#35; \\ \\\\ a\\",
        "=== ---",
        "|a|b| $x$",
    ],
)
def test_no_headline_and_no_teaser_is_markup(headline: str) -> None:
    page = _markdown(_one(headline, teaser=headline, changed=headline, publisher=headline))
    (story,) = page.css("h3")
    (link,) = story.css("a")
    assert link.text() == headline
    assert headline in [each.text() for each in page.css("p")]
    assert not page.css("main h4, ol, blockquote, code, img, b, pre, table")


# HTML


def test_the_html_document_loads_nothing_and_runs_nothing() -> None:
    text = digest_html.write(SITE, whole_digest()).decode()
    assert not re.search(r"<script|<img|<iframe|@import|url\(|\son\w+=|\ssrc=", text)
    page = LexborHTMLParser(text)
    assert [each.text() for each in page.css("h3 > a, li > a:first-child")] == HEADLINES
    ids = [each.attributes["id"] for each in page.css("[id]")]
    assert len(ids) == len(set(ids)) == 8 + 5


def test_the_body_is_well_formed_xml_with_the_languages_of_its_stories() -> None:
    root = ET.fromstring(f"<body>{digest_html.body(sheet(SITE, whole_digest()))}</body>")
    stories = {
        each.get("id"): (each.get("lang"), each.get("dir")) for each in root.iter() if each.tag in {"article", "li"}
    }
    assert stories["story-2"] == ("ar", "rtl")
    assert stories["story-7"] == (None, "auto")


# JSON


def test_json_has_everything_for_programs() -> None:
    found = json.loads(digest_json.write(SITE, whole_digest()))
    assert (found["version"], found["date"], found["timezone"]) == (1, "2018-09-02", "Asia/Beirut")
    assert (found["start"], found["end"]) == ("2018-09-01T03:00:00Z", "2018-09-02T03:00:00Z")
    first = found["sections"][0]["items"][0]
    assert first["also_published_by"] == ["AFP", "الشرق", "B & C", "Daily <Mail>", "Echo", "Figaro"], "all of them"
    assert first["page"] == "https://news.example/stories/1"
    assert "url" not in found["sections"][2]["items"][0]


# A book


def _book(digest: Digest) -> ZipFile:
    return ZipFile(BytesIO(digest_epub.write(SITE, digest)))


def test_a_book_says_first_what_it_is() -> None:
    written = digest_epub.write(SITE, whole_digest())
    assert written[30:58] == b"mimetypeapplication/epub+zip"
    with _book(whole_digest()) as book:
        assert book.testzip() is None
        first = book.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", ZIP_STORED, b"")
        assert {each.date_time for each in book.infolist()} == {(2018, 9, 2, 3, 0, 0)}


def test_everything_in_a_book_is_in_its_manifest_and_well_formed() -> None:
    with _book(whole_digest()) as book:
        names = [name for name in book.namelist() if name.startswith("EPUB/")]
        package = ET.fromstring(book.read("EPUB/package.opf"))
        for name in names:
            if name.endswith(("xhtml", "opf")):
                ET.fromstring(book.read(name))
        listed = {f"EPUB/{item.get('href')}" for item in package.iter(f"{OPF}item")}
        assert listed == set(names) - {"EPUB/package.opf"}
        ids = {item.get("id") for item in package.iter(f"{OPF}item")}
        assert {each.get("idref") for each in package.iter(f"{OPF}itemref")} <= ids
        container = ET.fromstring(book.read("META-INF/container.xml"))
        (rootfile,) = [each for each in container.iter() if each.tag.endswith("rootfile")]
        assert rootfile.get("full-path") == "EPUB/package.opf"


def test_a_book_tells_what_it_is_of_when_and_in_which_languages() -> None:
    with _book(whole_digest()) as book:
        package = ET.fromstring(book.read("EPUB/package.opf"))
        texts = {tag: [each.text for each in package.iter(f"{DC}{tag}")] for tag in ("identifier", "title", "language")}
        assert texts == {
            "identifier": ["tag:news.example,2026:digests/daily/2018-09-02"],
            "title": ["Related Stories: Sunday, 2 September 2018"],
            "language": ["en", "ar", "zh"],
        }
        (modified,) = [each.text for each in package.iter(f"{OPF}meta")]
        assert modified == "2018-09-02T03:00:00Z"


def test_the_contents_of_a_book_lead_to_every_story() -> None:
    with _book(whole_digest()) as book:
        nav = ET.fromstring(book.read("EPUB/nav.xhtml"))
        links = {link.get("href") or "": "".join(link.itertext()) for link in nav.iter(f"{XHTML}a")}
        assert [text for href, text in links.items() if "#" in href] == HEADLINES
        for href in links:
            name, _, anchor = href.partition("#")
            ids = {each.get("id") for each in ET.fromstring(book.read(f"EPUB/{name}")).iter()}
            assert not anchor or anchor in ids, href


@pytest.mark.parametrize("module", [digest_text, digest_markdown, digest_html, digest_epub])
def test_a_digest_without_stories_can_be_written(module: Any) -> None:  # noqa: ANN401 - one of four writers
    empty = replace(make_digest(), sections=())
    written = module.write(SITE, empty)
    assert b"Nothing was published in these hours" in written


def test_a_book_of_before_zip_archives_is_dated_by_their_first_year() -> None:
    old = replace(make_digest(), start=datetime(1970, 1, 1, tzinfo=UTC), end=datetime(1970, 1, 2, tzinfo=UTC))
    with _book(old) as book:
        assert book.infolist()[0].date_time[0] == 1980


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
def test_it_does_not_matter_in_which_time_zone_times_are_given(write: Callable[[Site, Digest], bytes]) -> None:
    digest = make_digest()
    stored = replace(digest, start=digest.start.astimezone(UTC), end=digest.end.astimezone(UTC))
    assert write(SITE, stored) == write(SITE, digest)


# Feeds


def _parsed(document: bytes, kind: str) -> Any:  # noqa: ANN401 - feedparser has no types
    found = feedparser.parse(  # noqa: TID251 - a reader's view of what we publish; handed BytesIO as the rule wants
        BytesIO(document), response_headers={"content-type": f"{kind}; charset=utf-8"}, sanitize_html=False
    )
    assert not found.bozo, found.get("bozo_exception")
    return found


def test_atom_and_rss_are_read_back_as_they_were_meant() -> None:
    digests = [whole_digest(), make_digest(day=SUNDAY.replace(day=1))]
    for form in digest_feed.FORMATS[:2]:
        found = _parsed(form.write(_channel(form.suffix), digests), form.media_type)
        first, second = found.entries
        assert (first.id, second.id) == tuple(f"tag:news.example,2026:digests/daily/2018-09-0{n}" for n in (2, 1))
        assert first.link == "https://news.example/digests/2018-09-02"
        assert first.title == "Related Stories: Sunday, 2 September 2018"
        assert first.published_parsed[:5] == (2018, 9, 2, 3, 0)
        summary = first.summary if form.suffix == "atom" else unescape(first.summary)
        assert summary.startswith('Iraq hosts "military chiefs" & <others> from Iran')
        read, meant = (
            LexborHTMLParser(text) for text in (first.content[0].value, digest_html.body(sheet(SITE, digests[0])))
        )
        assert read.text() == meant.text()
        assert [link.attributes for link in read.css("a")] == [link.attributes for link in meant.css("a")]


def test_a_digest_changes_never_and_neither_does_its_entry() -> None:
    (item,) = json.loads(digest_feed.write_json(_channel("json"), [make_digest()]))["items"]
    assert item["date_published"] == item["date_modified"] == "2018-09-02T03:00:00Z"


def test_a_feed_without_digests_is_a_feed() -> None:
    for form in digest_feed.FORMATS[:2]:
        assert _parsed(form.write(_channel(form.suffix), []), form.media_type).entries == []


def test_what_has_changed_is_said_in_english_and_the_former_headline_in_its_own_language() -> None:
    item = make_item(
        1, headline="قائد الجيش في بغداد", language="ar", changed="another headline", formerly="بغداد: لقاء <قريب>"
    )
    digest = make_digest(make_section(SectionKind.DEVELOPING, "Developing", item))
    said = '<p lang="en" dir="auto"><strong>New:</strong> another headline. Before: <bdi lang="ar" dir="rtl">بغداد: لقاء &lt;قريب&gt;</bdi></p>'
    assert said in digest_html.write(SITE, digest).decode()
    assert "New: another headline\n    Before: بغداد: لقاء <قريب>\n" in digest_text.write(SITE, digest).decode()
