"""Laws of digests as documents: whatever headlines hold, each format stays what it is, and the same digest gives the same bytes."""

import json
from datetime import datetime, timedelta
from io import BytesIO
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from aggregator.cli.digest import FORMATS
from aggregator.model.digest import Digest, DigestItem, DigestLink, DigestSection, SectionKind
from aggregator.model.ids import EntryId, StoryId
from aggregator.publish import digest_epub, digest_feed, digest_html, digest_json, digest_markdown, digest_text
from aggregator.publish.digest_sheet import sheet
from aggregator.publish.digest_text import WIDTH, folded, width
from aggregator.publish.site import Channel
from aggregator.web.pages.digest_lists import later_than
from tests.digest_made import BEIRUT
from tests.published import make_site

SITE = make_site()
few = settings(max_examples=40)
"""A digest is a large thing to draw: a hundred take seconds."""

MARKED = st.text(st.sampled_from("aB1 .-+*_`#[]()<>&!|\\~=:;\"'$\n\t"), max_size=40)
TEXTS = st.one_of(
    st.text(max_size=60), MARKED, st.sampled_from(["", "قائد الجيش في بغداد", "中国人民银行周一宣布" * 6])
)
TIMES = st.datetimes(datetime(2018, 8, 20), datetime(2018, 9, 10), timezones=st.just(BEIRUT))  # noqa: DTZ001 - hypothesis adds the zone
ADDRESSES = st.none() | st.sampled_from(["https://a.example/1", "https://a.example/a_(b)?c=<d>&e=\"f\"|'g'\\h"])
LANGUAGES = st.sampled_from([None, "en", "ar", "zh", "!"])
IDS = st.integers(1, 9999)

LINKS = st.builds(DigestLink, story=IDS.map(StoryId), headline=TEXTS, publisher=TEXTS, language=LANGUAGES)
ITEMS = st.builds(
    DigestItem,
    story=IDS.map(StoryId),
    entry=IDS.map(EntryId),
    headline=TEXTS,
    teaser=TEXTS,
    url=ADDRESSES,
    publisher=TEXTS,
    others=st.lists(TEXTS, max_size=7).map(tuple),
    category=TEXTS,
    language=LANGUAGES,
    at=TIMES,
    changed=TEXTS,
    related=st.lists(LINKS, max_size=2).map(tuple),
)
SECTIONS = st.builds(
    DigestSection,
    kind=st.sampled_from(SectionKind),
    title=TEXTS,
    items=st.lists(ITEMS, min_size=1, max_size=3).map(tuple),
)


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    start = draw(TIMES).replace(microsecond=0)
    end = start + draw(st.sampled_from([timedelta(hours=23), timedelta(days=1), timedelta(days=7)]))
    return Digest(
        name=draw(st.sampled_from(["daily", "weekly"])),
        date=end.date(),
        title=draw(TEXTS),
        start=start,
        end=end,
        sections=tuple(draw(st.lists(SECTIONS, max_size=3))),
        stories=draw(st.integers(0, 5000)),
        entries=draw(st.integers(0, 5000)),
        publishers=draw(st.integers(0, 5000)),
    )


@pytest.mark.parametrize("name", FORMATS)
@few
@given(digest=digests())
def test_the_same_digest_gives_the_same_bytes(name: str, digest: Digest) -> None:
    again = Digest(**{field: getattr(digest, field) for field in Digest.__slots__})
    assert FORMATS[name](SITE, digest) == FORMATS[name](make_site(), again)


@few
@given(digest=digests())
def test_the_body_is_well_formed_and_has_each_story_once(digest: Digest) -> None:
    root = ET.fromstring(f"<body>{digest_html.body(sheet(SITE, digest))}</body>")
    ids = [each.get("id") for each in root.iter() if (each.get("id") or "").startswith("story-")]
    assert ids == [f"story-{number}" for number in range(1, len(digest.items) + 1)]


@few
@given(digest=digests())
def test_every_page_of_a_book_is_well_formed(digest: Digest) -> None:
    with ZipFile(BytesIO(digest_epub.write(SITE, digest))) as book:
        assert book.namelist()[0] == "mimetype"
        for name in book.namelist():
            if name.endswith((".xhtml", ".opf", ".xml")):
                ET.fromstring(book.read(name))


@few
@given(digest=digests())
def test_markdown_renders_to_the_headlines_it_was_given(digest: Digest) -> None:
    page = LexborHTMLParser(MarkdownIt("commonmark").render(digest_markdown.write(SITE, digest).decode()))
    told = [
        item
        for section in sheet(SITE, digest).sections
        if section.kind is not SectionKind.BRIEF
        for item in section.items
    ]
    assert [each.text() for each in page.css("h3")] == [item.headline for item in told]
    assert len(page.css("h2")) == len(digest.sections)
    assert not page.css("code, img, pre, blockquote, ol, script")


@few
@given(digest=digests())
def test_json_and_json_feed_are_json(digest: Digest) -> None:
    found = json.loads(digest_json.write(SITE, digest))
    assert sum(len(section["items"]) for section in found["sections"]) == len(digest.items)


@few
@given(digest=digests())
def test_feeds_of_digests_are_well_formed(digest: Digest) -> None:
    address = SITE.address("digests.atom")
    channel = Channel(
        site=SITE,
        id=SITE.tag("x"),
        title="x",
        description="",
        self_url=address,
        home_url=address,
        updated_at=digest.end,
    )
    for form in digest_feed.FORMATS[:2]:
        ET.fromstring(form.write(channel, [digest]))


@few
@given(digest=digests())
def test_text_is_no_wider_than_mail_shows_but_for_single_words(digest: Digest) -> None:
    for line in digest_text.write(SITE, digest).decode().split("\n"):
        assert width(line) <= WIDTH or len(line.split()) <= 3, (
            "an indent or a number, and one word that is too long itself"
        )


@given(text=st.text().map(lambda text: " ".join(text.split())))
def test_folding_loses_and_adds_nothing(text: str) -> None:
    assert "".join(folded(text)).replace(" ", "") == text.replace(" ", "")


@few
@given(digest=digests(), since=TIMES)
def test_what_is_new_since_a_time_is_part_of_the_digest_and_nothing_later_is_left_out(
    digest: Digest, since: datetime
) -> None:
    found = later_than(digest, since)
    kept = found.items if found else ()
    assert set(kept) <= set(digest.items)
    if since < digest.end:
        assert {item for item in digest.items if item.at >= since} <= set(kept)
    assert later_than(digest, digest.end) is None
