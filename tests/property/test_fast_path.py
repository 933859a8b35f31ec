"""The fast path reads what feedparser reads, whatever a well-formed document holds."""

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.feeds import wellformed, xmlfeed
from aggregator.feeds.parse import run_feedparser
from aggregator.feeds.prepass import Prepared, begin_of_sound, prepare
from aggregator.feeds.raw import RawFeed
from aggregator.model.fetch import Failed

ATOM = "http://www.w3.org/2005/Atom"
SPACES = (
    f'xmlns:atom="{ATOM}" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:odd="http://odd.example/ns" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
)
NAMES = (
    "title link guid id description summary content author name email uri category source image url width textInput "
    "language comments pubDate published updated created enclosure subtitle rights contributor generator keywords ttl "
    "skipHours cloud docs managingEditor webMaster lastBuildDate logo odd date links unknown dc:creator dc:title dc:date "
    "dc:subject dc:description dc:language dc:publisher dc:contributor media:title media:content media:group media:thumbnail "
    "media:description media:category media:keywords media:credit media:rating content:encoded itunes:summary itunes:subtitle "
    "itunes:author itunes:image itunes:category itunes:keywords itunes:owner itunes:explicit atom:link atom:summary atom:author "
    "atom:title atom:updated sy:updatePeriod odd:thing odd:title feedburner:origLink item entry channel p div"
).split()
ATTRIBUTES = (
    "href rel type isPermaLink url term scheme label domain text xml:lang lang medium filesize length src odd:x rdf:about "
    "rdf:resource version mode xml:base"
).split()
VALUES = (
    "x http://a.example/1 https://b.example/?a=1&b=2 /relative alternate self hub enclosure text/html html xhtml text false true "
    "application/atom+xml image/png en de_AT base64 http:///three Self 12"
).split() + ["", " ", "a@b.example (Ann)"]
TEXTS = (
    "Plain|A &amp; B|&lt;p&gt;One&lt;/p&gt;|AT&amp;T|caf\xe9|caf\xc3\xa9|a\x96b|\u2019quoted\u2018| spaced |http://c.example/x|"
    "/path|?a=1&amp;b=2|ann@example.org (Ann)|Bob &lt;bob@example.org&gt;|@|Tue, 10 Mar 2026 12:00:00 GMT|one, two,|"
    "&amp;copy; 2020|\n|x&#8217;y|<![CDATA[<b>bold</b> &amp; more]]>|yes|http:///odd|&#x26;amp;|&lt;script&gt;"
).split("|") + [""]

names = st.sampled_from(NAMES)
texts = st.sampled_from(TEXTS)
attributes = st.dictionaries(st.sampled_from(ATTRIBUTES), st.sampled_from(VALUES), max_size=2)


def written(name: str, given_attributes: dict[str, str], inside: str) -> str:
    spelled = "".join(f" {key}={quoteattr(value)}" for key, value in given_attributes.items())
    return f"<{name}{spelled}>{inside}</{name}>"


leaves = st.builds(written, names, st.one_of(st.just({}), attributes), texts)
elements = st.recursive(
    leaves,
    lambda inner: st.builds(
        written, names, st.one_of(st.just({}), attributes), st.lists(inner, max_size=3).map("".join)
    ),
    max_leaves=4,
)
several = st.lists(st.one_of(leaves, leaves, leaves, elements), max_size=6).map("".join)
entries = st.lists(several, min_size=1, max_size=2)
roots = st.dictionaries(
    st.sampled_from(("xml:lang", "xml:base", "lang")), st.sampled_from(("en_US", "http://base.example/d/", "de"))
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
    several,
    entries,
    st.one_of(st.just(""), several),
    st.one_of(st.just({}), roots),
)


@settings(max_examples=400, deadline=None)
@given(documents)
@example(rss("", ["<description>a</description><media:description>b</media:description><title>t</title>"], "", {}))
@example(atom("<id>urn:1</id>", ["<content type='xhtml'><div><p class='x'>a &lt; b</p></div></content>"], "", {}))
def test_what_the_fast_path_reads_is_what_feedparser_reads(text: str) -> None:
    fast = by_fast_path(text)
    slow = by_feedparser(text) if fast is not None else None
    if fast is not None and isinstance(slow, RawFeed):
        assert fast == slow


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
