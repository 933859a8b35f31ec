"""The fast path reads what feedparser reads, whatever a well-formed document holds."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.feeds import wellformed, xmlfeed
from aggregator.feeds.lenient import run_feedparser
from aggregator.feeds.prepass import Prepared, begin_of_sound, prepare
from aggregator.feeds.raw import RawEntry, RawFeed
from aggregator.model.fetch import Failed

ATOM = "http://www.w3.org/2005/Atom"
SPACES = (
    f'xmlns:atom="{ATOM}" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:odd="http://odd.example/ns" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
)
split = str.split
NAMES = split(
    "title link guid id description summary content author name email uri category image url width "
    "language comments pubDate published updated created enclosure subtitle rights contributor generator keywords ttl "
    "docs managingEditor lastBuildDate logo unknown dc:creator dc:title dc:date "
    "dc:subject dc:description dc:language dc:publisher dc:contributor media:title media:content media:group media:thumbnail "
    "media:description media:category media:keywords media:credit media:rating content:encoded itunes:summary itunes:subtitle "
    "itunes:author itunes:image itunes:category itunes:keywords itunes:explicit atom:link atom:summary atom:author "
    "atom:title atom:updated sy:updatePeriod odd:thing odd:title feedburner:origLink"
)
RARE = split("source date links item entry channel p div textInput itunes:owner skipHours cloud svg body where")
VALUES = {
    "href": ["http://a.example/1", "/relative", "", "http:///three", "https://b.example/?a=1&b=2"],
    "url": ["http://a.example/1.jpg", "http://a.example/2.mp3", ""],
    "rel": ["alternate", "self", "hub", "enclosure", "Self", "related"],
    "type": ["text/html", "html", "xhtml", "text", "application/atom+xml", "image/png", "audio/mpeg", "text/plain", ""],
    "isPermaLink": ["true", "false", "True"],
    "term": ["x", "", "one"],
    "scheme": ["http://a.example/s", ""],
    "label": ["A Label", ""],
    "domain": ["x"],
    "text": ["News"],
    "medium": ["image", "video"],
    "length": ["12", "0"],
    "src": ["http://a.example/whole"],
    "xml:lang": ["en", "de_AT", ""],
    "lang": ["fr"],
    "xml:base": ["http://base.example/a/", "sub/", "https://other.example", "/"],
    "odd:x": ["1"],
    "rdf:about": ["http://r.example/1"],
    "rdf:resource": ["http://r.example/2"],
    "mode": ["escaped", "base64"],
}
TEXTS = split(
    "Plain|A &amp; B|&lt;p&gt;One&lt;/p&gt;|AT&amp;T|caf\xe9|caf\xc3\xa9|a\x96b|\u2019quoted\u2018| spaced |http://c.example/x|"
    "/path|?a=1&amp;b=2|ann@example.org (Ann)|Bob &lt;bob@example.org&gt;|@|Tue, 10 Mar 2026 12:00:00 GMT|one, two,|"
    "&amp;copy; 2020|\n|x&#8217;y|<![CDATA[<b>bold</b> &amp; more]]>|yes|http:///odd|&#x26;amp;|&lt;script&gt;|",
    "|",
)

names = st.one_of(*[st.sampled_from(NAMES)] * 30, st.sampled_from(RARE))
texts = st.sampled_from(TEXTS)
pairs = st.sampled_from([key for key in VALUES if key not in {"mode", "xml:base"}] * 4 + list(VALUES)).flatmap(
    lambda key: st.tuples(st.just(key), st.sampled_from(VALUES[key]))
)
attributes = st.lists(pairs, max_size=3).map(dict)


def written(name: str, given_attributes: dict[str, str], inside: str) -> str:
    spelled = "".join(f" {key}={quoteattr(value)}" for key, value in given_attributes.items())
    return f"<{name}{spelled}>{inside}</{name}>"


def parent(name: str, *inside: str) -> st.SearchStrategy[str]:
    """Make an element that usually holds these."""
    parts = st.builds(written, st.sampled_from(inside), st.one_of(st.just({}), attributes), texts)
    return st.builds(
        written, st.just(name), st.one_of(st.just({}), attributes), st.lists(parts, max_size=3).map("".join)
    )


leaves = st.builds(written, names, st.one_of(st.just({}), attributes), texts)
of_both = st.one_of(
    parent("author", "name", "name", "email", "uri"),
    parent("contributor", "name", "email", "uri"),
    parent("media:group", "media:title", "media:content", "media:description", "media:keywords", "title"),
    parent("media:content", "media:title", "media:thumbnail", "media:credit"),
    parent("odd:thing", "odd:title", "unknown"),
)
of_feed = st.one_of(
    of_both,
    parent("image", "url", "title", "link", "width"),
    parent("textInput", "title", "name", "link"),
    parent("itunes:owner", "itunes:name", "itunes:email"),
)
of_entry = st.one_of(of_both, parent("source", "title", "link", "id", "updated", "rights"))
inline = st.recursive(
    st.sampled_from(["text", " ", "a &amp; b", "<br/>", "<img src='x.png' ALT='y'/>"]),
    lambda inner: st.builds(
        written, st.sampled_from(["p", "div", "b", "a", "odd:b"]), attributes, st.lists(inner, max_size=3).map("".join)
    ),
    max_leaves=5,
)
xhtml = st.builds(
    written, st.sampled_from(["content", "summary", "title", "rights"]), st.just({"type": "xhtml"}), inline
)
nested = st.builds(written, names, st.just({}), st.lists(leaves, max_size=2).map("".join))
heads = st.lists(st.one_of(*[leaves] * 12, *[of_feed] * 2, xhtml), max_size=6).map("".join)
several = st.lists(st.one_of(*[leaves] * 16, *[of_entry] * 3, xhtml, nested), max_size=6).map("".join)
entries = st.lists(several, min_size=1, max_size=2)
roots = st.fixed_dictionaries(
    {}, optional={"xml:lang": st.sampled_from(["en_US", "de"]), "xml:base": st.sampled_from(["http://base.example/d/"])}
)


def rss(head: str, items: list[str], tail: str, root: dict[str, str]) -> str:
    inside = head + "".join(f"<item>{item}</item>" for item in items) + tail
    return written("rss", {"version": "2.0"} | root, f"<channel>{inside}</channel>").replace(
        "<rss", f"<rss {SPACES}", 1
    )


def atom(head: str, items: list[str], tail: str, root: dict[str, str]) -> str:
    inside = head + "".join(f"<entry>{item}</entry>" for item in items) + tail
    return written("feed", root, inside).replace("<feed", f'<feed xmlns="{ATOM}" {SPACES}', 1)


def rdf(head: str, items: list[str], tail: str, root: dict[str, str]) -> str:
    each = "".join(f'<item rdf:about="http://d.example/{at}">{item}</item>' for at, item in enumerate(items))
    inside = f"<channel>{head}</channel>{each}{tail}"
    return written("rdf:RDF", root, inside).replace(
        "<rdf:RDF", f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {SPACES}', 1
    )


def by_feedparser(text: str) -> RawFeed | Failed:
    parsed = run_feedparser(text)
    return parsed if isinstance(parsed, Failed) else xmlfeed.read_feed(parsed, text)


def by_fast_path(text: str) -> RawFeed | None:
    parsed: dict[str, Any] | None = wellformed.read(text)
    return None if parsed is None else xmlfeed.read_feed(parsed, text)


documents = st.builds(
    lambda kind, head, items, tail, root: kind(head, items, tail, root),
    st.sampled_from((rss, rss, atom, atom, rdf)),
    heads,
    entries,
    st.one_of(st.just(""), heads),
    st.one_of(st.just({}), roots),
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(documents)
@example(rss("", ["<description>a</description><media:description>b</media:description><title>t</title>"], "", {}))
@example(atom("<id>urn:1</id>", ["<content type='xhtml'><div><p class='x'>a &lt; b</p></div></content>"], "", {}))
def test_what_the_fast_path_reads_is_what_feedparser_reads(text: str) -> None:
    fast = by_fast_path(text)
    slow = by_feedparser(text) if fast is not None else None
    if fast is not None and isinstance(slow, RawFeed):
        assert fast == slow


usual = st.builds(
    written,
    st.sampled_from(
        split(
            "title link guid id pubDate published updated author dc:creator dc:date description summary content "
            "content:encoded comments category category dc:subject odd:thing media:thumbnail enclosure"
        )
    ),
    st.one_of(*[st.just({})] * 6, attributes),
    texts,
)
usual_of_entry = st.one_of(
    *[usual] * 12,
    st.sampled_from(["<link href='http://a.example/1'/>", "<link rel='alternate' type='text/html' href='/a'/>"]),
    st.sampled_from(["<category term='x'/>", "<category term='x' label='X'/>", "<guid isPermaLink='false'>7</guid>"]),
    st.sampled_from(
        ["<content type='html'>&lt;p&gt;a&lt;/p&gt;</content>", "<media:thumbnail url='/a.jpg' width='9'/>"]
    ),
    parent("author", "name", "name", "uri"),
)
usual_items = st.lists(usual_of_entry, max_size=7).map("".join)
usual_documents = st.builds(
    lambda kind, head, items, root: kind(head, items, "", root),
    st.sampled_from((rss, atom, rdf)),
    st.sampled_from(("", "<title>Feed</title>", "<content>c</content>")),
    st.lists(usual_items, min_size=1, max_size=2),
    st.one_of(st.just({}), st.just({}), roots),
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(usual_documents)
@example(rss("", ["<guid>1</guid><link></link>"], "", {}))
@example(rss("", ["<link></link><guid>1</guid>"], "", {}))
@example(rss("", ["<content:encoded>a</content:encoded><description>a</description>"], "", {}))
@example(rss("", ["<description></description><content:encoded>a</content:encoded>"], "", {"xml:lang": "en_US"}))
@example(rdf("", ["<title>a</title>", "<guid></guid>"], "", {}))
@example(atom("", ["<id>http://a.example/</id><author><name></name></author>"], "", {}))
@example(
    atom(
        "",
        ["<author> <name>Ann</name> <uri>http://a.example/</uri></author><title type='text'>a &lt;b></title>"],
        "",
        {},
    )
)
def test_items_of_the_usual_kind_are_read_as_feedparser_reads_them(text: str) -> None:
    fast = by_fast_path(text)
    slow = by_feedparser(text) if fast is not None else None
    if fast is not None and isinstance(slow, RawFeed):
        assert fast == slow


def test_most_items_need_no_dictionaries() -> None:
    item = (
        "<title>a</title><link>http://a.example/</link><pubDate>now</pubDate><description>b</description><odd:thing/>"
    )
    parsed: dict[str, Any] | None = wellformed.read(rss("<title>Feed</title>", [item], "", {}))
    assert parsed is not None
    assert [type(entry) for entry in parsed["entries"]] == [RawEntry]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.text(max_size=12), st.sampled_from(("&#0;", "&#x1;", "<a>", "</a>", "&nbsp;", "\x0b", "]]>"))),
        max_size=8,
    )
)
def test_what_is_read_without_the_pre_pass_is_what_the_pre_pass_leaves(parts: list[str]) -> None:
    text = f"<!-- {escape(parts[0]) if parts else ''} --><rss><channel><title>{''.join(parts)}</title></channel></rss>"
    sound, prepared = begin_of_sound(text), prepare(text)
    if sound and wellformed.read(sound) is not None:
        assert isinstance(prepared, Prepared)
        assert prepared.text == sound
