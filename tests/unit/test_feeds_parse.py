"""From bytes to entries: what happens to whole documents."""

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import feedparser.api
import pytest

from aggregator.feeds.limits import MAX_BODY, MAX_ENTRIES, MAX_FIELD
from aggregator.feeds.parse import parse_document
from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from tests.loopback import Answer, in_thread

URL = "https://feeds.example/rss.xml"


def rss(items: str = "", *, channel: str = "", prolog: str = "", namespaces: str = "") -> bytes:
    head = f"<title>Channel</title><link>https://site.example/news/</link>{channel}"
    return f'{prolog}<rss version="2.0"{namespaces}><channel>{head}{items}</channel></rss>'.encode()


def read(body: bytes, content_type: str = "") -> ParsedFeed:
    parsed = parse_document(Document(body=body, url=URL, content_type=content_type))
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed


def refused(body: bytes) -> Failed:
    failed = parse_document(Document(body=body, url=URL))
    assert isinstance(failed, Failed), failed
    return failed


def entry(item: str, *, namespaces: str = "") -> ParsedEntry:
    (only,) = read(rss(f"<item>{item}</item>", namespaces=namespaces)).entries
    return only


@pytest.fixture
def secret(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "secret.xml"
    path.write_bytes(rss("<item><title>stolen</title></item>"))
    yield path
    path.unlink()


# --- what may be read at all


def test_a32_no_driver_that_opens_the_files_of_a_dtd_is_used() -> None:
    assert feedparser.api.PREFERRED_XML_PARSERS == []


def test_s4_a_body_that_is_the_name_of_a_file_is_not_opened(secret: Path) -> None:
    assert refused(str(secret).encode()).kind is FailureKind.NOT_A_FEED
    assert refused(f"file://{secret}".encode()).kind is FailureKind.NOT_A_FEED


@pytest.mark.parametrize(
    "body", ["{url}", " {url}\n", "<?xml version='1.0'?>{url}", '<!DOCTYPE rss SYSTEM "{url}"><rss/>']
)
def test_s4_a_body_that_is_an_address_is_not_asked_for(body: str) -> None:
    with in_thread() as server:
        server.answers["/feed.xml"] = Answer(body=rss("<item><title>theirs</title></item>"))
        outcome = parse_document(
            Document(body=body.format(url=server.url("/feed.xml")).encode(), url="https://feeds.example/")
        )
        assert server.connections == 0
    assert not isinstance(outcome, ParsedFeed) or outcome.entries == ()


@pytest.mark.parametrize("declaration", ['SYSTEM "{}"', 'SYSTEM "file://{}"', 'PUBLIC "x" "{}"'])
def test_s4_a_dtd_is_not_opened(secret: Path, declaration: str) -> None:
    feed = read(rss("<item><title>mine</title></item>", prolog=f"<!DOCTYPE rss {declaration.format(secret)}>"))
    assert [entry.headline for entry in feed.entries] == ["mine"]


def test_a32_entities_are_refused() -> None:
    failed = refused(rss("<item><title>&a;</title></item>", prolog='<!-- <a --><!DOCTYPE rss [<!ENTITY a "lol">]>'))
    assert failed.kind is FailureKind.HOSTILE_DOCUMENT


def test_a32_entities_hidden_in_utf_16_are_refused() -> None:
    text = rss("<item><title>&a;</title></item>", prolog='<!DOCTYPE rss [<!ENTITY a "lol">]>').decode()
    assert refused(b"\xff\xfe" + text.encode("utf-16-le")).kind is FailureKind.HOSTILE_DOCUMENT


def test_sixty_thousand_blank_lines_cost_nothing() -> None:
    started = time.process_time()
    assert len(read(b"\n" * 60_000 + rss("<item/>")).entries) == 1
    assert time.process_time() - started < 1


def test_a_body_beyond_the_limit_is_too_large() -> None:
    assert refused(b"<" * (MAX_BODY + 1)).kind is FailureKind.TOO_LARGE


def test_gzip_without_a_word_of_it_is_read() -> None:
    assert read(gzip.compress(rss("<item><title>zipped</title></item>"))).entries[0].headline == "zipped"


def test_a_document_that_makes_the_parser_raise_is_refused() -> None:
    # feedparser looks for an entry's text input in the channel: KeyError.
    failed = refused(rss("<item><textInput><name>x</name></textInput></item>"))
    assert failed.kind is FailureKind.HOSTILE_DOCUMENT
    assert "gave up" in failed.message


# --- what is a feed


def test_an_empty_channel_is_a_feed_without_entries() -> None:
    feed = read(rss())
    assert feed.title == "Channel"
    assert feed.entries == ()
    assert feed.malformed == ""


def test_a_page_is_not_a_feed() -> None:
    page = b"<html><head><title>Login</title><link rel=alternate type='application/rss+xml' href='/feed'></head></html>"
    failed = refused(page)
    assert failed.kind is FailureKind.NOT_A_FEED
    assert failed.message == (
        "the document is an HTML page (title 'Login'), not a feed; it names a feed at https://feeds.example/feed"
    )


@pytest.mark.parametrize(
    "body", [b"", b"  \n", b"\x00\x01\x02", b"Service unavailable", b"<opml version='2.0'/>", b"[]"]
)
def test_anything_else_is_not_a_feed_either(body: bytes) -> None:
    assert refused(body).kind is FailureKind.NOT_A_FEED


def test_json_is_read_whatever_it_is_called() -> None:
    body = b'\xef\xbb\xbf\n {"version": "https://jsonfeed.org/version/1", "title": "J", "items": [{"id": "1"}]}'
    feed = read(body, "text/xml; charset=latin-1")
    assert (feed.format, feed.title, len(feed.entries)) == ("json1", "J", 1)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/html", "text/plain", "text/xml; charset=utf-8", "application/octet-stream", "nonsense", ";;="],
)
def test_no_media_type_makes_a_good_feed_fail(content_type: str) -> None:
    feed = read(rss("<item><title>Ünïcödé – Ж</title></item>"), content_type)
    assert feed.entries[0].headline == "Ünïcödé – Ж"
    assert feed.malformed == ""


def test_netscapes_doctype_names_the_format() -> None:
    prolog = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
    body = f'<?xml version="1.0"?>{prolog}<rss version="0.91"><channel><item><title>t</title></item></channel></rss>'
    assert read(body.encode()).format == "rss091n"


# --- what is malformed and read all the same


def test_html_entities_without_a_declaration_are_understood() -> None:
    feed = read(rss("<item><title>caf&eacute; &notanentity;</title></item>"))
    assert feed.entries[0].headline == "café &notanentity;"
    assert "undefined entity" in feed.malformed


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (
            b'<?xml version="1.0"?>\n\n<rss version="2.0">\n<channel>\n<title>a</title>\n<item>&nbsp;</item></channel></rss>',
            (6, 7),
        ),
        (
            b'<?xml version="1.0"?><!DOCTYPE rss><rss version="2.0"><channel><item>&nbsp;</item></channel></rss>',
            (1, 70),
        ),
    ],
)
def test_the_place_of_the_fault_is_that_in_the_document(body: bytes, place: tuple[int, int]) -> None:
    assert body.splitlines()[place[0] - 1][place[1] - 1 :].startswith(b"&nbsp;")
    assert read(body).malformed.startswith(f"line {place[0]}, column {place[1]}: ")


@pytest.mark.parametrize(
    "prefix", [b"\xef\xbb\xbf \n\n", b"\n\n<?xml version='1.0'?>", b"Warning: x.php\n<?xml version='1.0'?>"]
)
def test_what_stands_before_the_document_does_no_harm(prefix: bytes) -> None:
    assert [entry.headline for entry in read(prefix + rss("<item><title>ok</title></item>")).entries] == ["ok"]


@pytest.mark.parametrize("suffix", [b"\n<script>track()</script><!-- cached 0.2s -->", b"\x00", b"</rss>", b"<rss/>"])
def test_what_stands_after_it_does_none_either(suffix: bytes) -> None:
    assert [entry.headline for entry in read(rss("<item><title>ok</title></item>") + suffix).entries] == ["ok"]


def test_a_reference_to_no_character_does_not_cost_the_feed() -> None:
    feed = read(rss("<item><title>a&#xD800;b&#x110000;&#0;c</title></item>"))
    assert feed.entries[0].headline == "abc"
    assert feed.malformed == ""


# --- entries


def test_every_entry_counts_whatever_it_lacks() -> None:
    feed = read(rss("<item><title>t</title></item><item/><item><title></title><link></link></item><item><foo/></item>"))
    assert [entry.headline for entry in feed.entries] == ["t", "", "", ""]
    assert feed.entries[1].guid is None
    assert feed.entries[1].url is None


def test_entries_beyond_the_limit_are_counted() -> None:
    feed = read(rss("".join(f"<item><title>{number}</title></item>" for number in range(MAX_ENTRIES + 3))))
    assert len(feed.entries) == MAX_ENTRIES
    assert feed.entries[-1].headline == str(MAX_ENTRIES - 1)
    assert feed.dropped == 3


def test_a_field_beyond_the_limit_is_cut() -> None:
    text = entry(f"<description>{'word ' * MAX_FIELD}</description>").text
    assert text.startswith("word word")
    assert len(text) <= MAX_FIELD


@pytest.mark.parametrize(
    "guid",
    ["12345", "relative/path", " http:///three/slashes", "?q", "caf\u00e9", "cafe\u0301", "http://x.example/a b"],
)
def test_a_guid_is_never_rewritten(guid: str) -> None:
    assert entry(f"<guid>{guid}</guid>").guid == guid.strip()
    body = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example/x/"><entry><id>{guid}</id></entry></feed>'
    assert read(body.encode()).entries[0].guid == guid.strip()


def test_a_guid_too_long_to_be_a_name_is_none() -> None:
    assert entry(f"<guid isPermaLink='false'>{'g' * 1_500_000}</guid>").guid is None


def test_a_permanent_link_is_the_address_where_there_is_no_other() -> None:
    assert entry("<guid>https://site.example/1</guid>").url == "https://site.example/1"
    assert entry("<guid>https://site.example/1</guid><link>/2</link>").url == "https://site.example/2"
    assert entry('<guid isPermaLink="false">https://site.example/1</guid>').url is None


def test_a_guid_that_is_no_address_does_not_become_one() -> None:
    assert entry("<guid>12345</guid>").url is None


def test_the_publishers_address_comes_before_feedburners() -> None:
    origin = '<feedburner:origLink xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">https://site.example/1</feedburner:origLink>'
    assert entry(f"<link>https://feedproxy.example/~r/x</link>{origin}").url == "https://site.example/1"


def test_relative_addresses_of_rss_belong_to_the_home_page() -> None:
    read_entry = entry("<link>1.html</link><description>&lt;a href='2.html'&gt;2&lt;/a&gt;</description>")
    assert read_entry.url == "https://site.example/news/1.html"
    assert 'href="https://site.example/news/2.html"' in read_entry.summary


def test_relative_addresses_of_atom_belong_to_the_document_or_to_xml_base() -> None:
    def url(base: str) -> str | None:
        body = f'<feed xmlns="http://www.w3.org/2005/Atom" {base}><link href="https://home.example/"/><entry><link href="1"/></entry></feed>'
        return read(body.encode()).entries[0].url

    assert url("") == "https://feeds.example/1"
    assert url('xml:base="https://base.example/a/"') == "https://base.example/a/1"
    assert url('xml:base="/b/"') == "https://feeds.example/b/1"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "VBSCRIPT:x",
        "DATA:text/html,x",
        "data:text/html,x",
        "file:///etc/passwd",
        "java&#9;script:alert(1)",
    ],
)
def test_s6_a07_no_address_is_anything_but_http(address: str) -> None:
    read_entry = entry(
        f"<link>{address}</link><guid>{address}</guid><comments>{address}</comments>"
        f"<enclosure url='{address}' type='image/png' length='1'/><source url='{address}'>s</source>"
        f"<media:thumbnail url='{address}'/><media:content url='{address}' medium='image'/>"
        f"<description>&lt;a href='{address}'&gt;x&lt;/a&gt;&lt;img src='{address}'&gt;</description>",
        namespaces=' xmlns:media="http://search.yahoo.com/mrss/"',
    )
    urls = (read_entry.url, read_entry.comments_url, read_entry.image_url, read_entry.source, read_entry.enclosures)
    assert urls == (None, None, None, None, ())
    assert "script" not in read_entry.summary
    assert "src" not in read_entry.summary


def test_the_only_text_is_the_summary() -> None:
    content = '<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">whole</content:encoded>'
    assert (entry(content).summary, entry(content).content) == ("whole", "")
    same = f"<description>whole</description>{content}"
    assert (entry(same).summary, entry(same).content) == ("whole", "")
    both = f"<description>short</description>{content}"
    assert (entry(both).summary, entry(both).content) == ("short", "whole")


def test_a_podcasts_second_summary_does_not_hide_its_notes() -> None:
    item = (
        "<description>short</description><content:encoded>the notes, which are long</content:encoded>"
        "<itunes:summary>middling</itunes:summary>"
    )
    namespaces = ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    assert entry(item, namespaces=namespaces).content == "the notes, which are long"


def test_a_videos_description_is_its_text() -> None:
    item = "<media:group><media:title>Video</media:title><media:description>About it</media:description></media:group>"
    video = entry(item, namespaces=' xmlns:media="http://search.yahoo.com/mrss/"')
    assert (video.headline, video.text) == ("Video", "About it")


def test_the_first_image_of_the_text_is_the_image_where_none_is_named() -> None:
    assert entry("<description>&lt;img src='/a.jpg'&gt;</description>").image_url == "https://site.example/a.jpg"


def test_scripts_do_not_come_through() -> None:
    summary = entry(
        "<description>&lt;script&gt;alert(1)&lt;/script&gt;&lt;b onclick='x'&gt;bold&lt;/b&gt;</description>"
    ).summary
    assert summary == "<b>bold</b>"


@pytest.mark.parametrize(
    ("length", "expected"),
    [("123", 123), ("0", None), ("-1", None), ("", None), ("9" * 30, None), ("many", None), ("12.5", None)],
)
def test_a_length_is_a_number_of_bytes_or_unknown(length: str, expected: int | None) -> None:
    (enclosure,) = entry(f'<enclosure url="/a.mp3" length="{length}" type="audio/mpeg"/>').enclosures
    assert enclosure.length == expected


def test_tags_and_enclosures_are_capped() -> None:
    read_entry = entry(
        "".join(f"<category>c{number}</category>" for number in range(60))
        + "".join(f'<enclosure url="/{number}.mp3" length="1" type="audio/mpeg"/>' for number in range(30))
    )
    assert len(read_entry.tags) == 50
    assert len(read_entry.enclosures) == 20


# --- times


@pytest.mark.parametrize(
    "date", ["Wed, 30 Feb 2019 10:00:00 GMT", "tomorrow", "", "   ", "-1", "A" * 5000, "Sat, 01 Jan 10000 00:00:00 GMT"]
)
def test_a_date_nobody_can_read_is_none(date: str) -> None:
    assert entry(f"<pubDate>{date}</pubDate>").published_at is None


def test_the_only_date_is_when_it_was_published() -> None:
    body = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><updated>2026-03-10T12:00:00Z</updated></entry></feed>'
    (only,) = read(body).entries
    assert only.published_at == only.updated_at
    assert only.published_at is not None
    assert entry("<pubDate>Tue, 10 Mar 2026 12:00:00 GMT</pubDate>").updated_at is None


# --- language


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en-us", "en-us"),
        ("pt_BR", "pt-BR"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("", "xx"),
        ("english language", "xx"),
        ("<b>", "xx"),
    ],
)
def test_a_language_is_a_tag_or_that_of_the_configuration(tag: str, expected: str) -> None:
    escaped = tag.replace("<", "&lt;")
    body = rss("<item><title>t</title></item>", channel=f"<language>{escaped}</language>")
    parsed = parse_document(Document(body=body, url=URL, language="xx"))
    assert isinstance(parsed, ParsedFeed)
    assert parsed.entries[0].language == expected


# --- recognising


def item(title: str = "Storm hits coast", link: str = "/1", text: str = "It rained.", date: str = "10 Mar 2026") -> str:
    return f"<title>{title}</title><link>{link}</link><description>{text}</description><pubDate>{date}</pubDate>"


def test_the_fingerprint_changes_with_what_a_reader_sees() -> None:
    prints = [
        entry(item()),
        entry(item(title="Storm hits north")),
        entry(item(link="/2")),
        entry(item(text="It snowed.")),
        entry(item(text="It rained. &lt;img src='/a.jpg'&gt;")),
        entry(item() + "<enclosure url='/a.mp3' type='audio/mpeg'/>"),
    ]
    assert len({one.fingerprint for one in prints}) == len(prints)


def test_the_fingerprint_does_not_change_with_dates_and_markup() -> None:
    same = entry(item()).fingerprint
    assert entry(item(date="11 Mar 2026")).fingerprint == same
    assert entry(item(text="&lt;p class='x'&gt;It &lt;b&gt;rained&lt;/b&gt;.&lt;/p&gt;")).fingerprint == same


@pytest.mark.parametrize(
    "with_file",
    [
        "<enclosure url='/a.mp3?token={}' type='audio/mpeg'/>",
        "<media:thumbnail xmlns:media='http://search.yahoo.com/mrss/' url='/a.jpg?token={}'/>",
        "<content xmlns='http://www.w3.org/2005/Atom' type='html'>&lt;img src='/a.jpg?token={}'&gt;It rained.</content>",
    ],
)
def test_the_fingerprint_does_not_change_with_the_token_of_a_file(with_file: str) -> None:
    first, second = (entry(item() + with_file.format(token)) for token in (1, 2))
    assert (first.image_url, first.enclosures) != (second.image_url, second.enclosures)
    assert first.fingerprint == second.fingerprint
    assert first.fingerprint != entry(item() + with_file.format(1).replace("/a.", "/b.")).fingerprint


def test_texts_that_run_into_one_another_have_different_fingerprints() -> None:
    content = '<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">{}</content:encoded>'
    first = entry(item(text="ab") + content.format("c"))
    second = entry(item(text="a") + content.format("bc"))
    assert first.fingerprint != second.fingerprint


def test_the_channels_title_is_no_part_of_a_headline() -> None:
    assert (
        entry("<title>Storm hits coast - Channel</title>").headline_key
        == entry("<title>Storm hits coast</title>").headline_key
    )
    assert entry("<title>Storm hits coast - Channel</title>").headline == "Storm hits coast - Channel"


def test_labelled_fields_leave_the_text() -> None:
    summary = (
        "&lt;div class='field field-name-field-author field-label-above'&gt;&lt;div class='field-label'&gt;Author:&amp;nbsp;&lt;/div&gt;"
        "&lt;div class='field-items'&gt;&lt;div class='field-item even'&gt;AFP&lt;/div&gt;&lt;/div&gt;&lt;/div&gt;"
        "&lt;p&gt;BAMAKO, Mali: A senior leader was killed.&lt;/p&gt;"
    )
    noisy = entry(f"<description>{summary}</description>")
    assert noisy.text.startswith("BAMAKO, Mali: A senior")
    assert noisy.byline.author == "AFP"
    assert noisy.byline.dateline == "BAMAKO, Mali"
