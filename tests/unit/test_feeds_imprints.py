"""Which entries are passed over, and when everything is read."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from aggregator.feeds.imprints import RULES
from aggregator.feeds.parse import parse_document
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.ids import EntryId
from aggregator.model.imprint import KnownImprints

GOLDEN = Path(__file__).parents[1] / "golden"
ENTRIES = {
    1: "c671addee951141a008328c4c3361bd47f03e150586331281c2c3d637edbc1aa",
    2: "7499e67f084bd68727fe94b9a1eee56ebd8e79a4a2f36f9ef2c76207cacd57af",
    3: "96f16f4ec512470f69e7928534ca045ca1d6331757c228014500d8818d27eea7",
}
"""Hashes of what the golden documents' entries are read to, by the number of the rules. One that was released is never
changed: there are databases with imprints of it."""

ONE = "<item><title>One</title><guid>1</guid><description>a</description></item>"
TWICE = "<item><title>Letâ€™s meet in KÃ¶ln</title><guid>3</guid><description>&lt;p&gt;FÃ¼r „alle“&lt;/p&gt;</description></item>"
PARTS = (
    "<item><title>Four</title><guid>4</guid><description>&lt;header&gt;Heading&lt;/header&gt;Text</description></item>"
)
TWO = "<item><title>Two</title><guid>2</guid><description>b</description></item>"


def rss(*items: str, head: str = "<title>News</title>", root: str = "", channel: str = "") -> Document:
    text = f"<rss version='2.0'{root}><channel{channel}>{head}{''.join(items)}</channel></rss>"
    return Document(body=text.encode(), url="https://news.example/rss.xml", own_origins=("https://reader.example",))


def parsed(document: Document, *, after: Document | None = None) -> ParsedFeed:
    """Read a document, with all of another one known."""
    if after:
        imprints = parsed(after).imprints
        pairs = tuple((made, EntryId(at)) for at, made in enumerate(imprints.entries) if made)
        document = replace(document, known=KnownImprints(context=imprints.context, entries=pairs))
    outcome = parse_document(document)
    assert isinstance(outcome, ParsedFeed)
    return outcome


def test_entries_that_are_read_otherwise_have_another_number() -> None:
    golden = [
        Document(body=(GOLDEN / name).read_bytes(), url="https://news.example/feed")
        for name in ("atom10.xml", "jsonfeed11.json", "rdf.xml", "rss20.xml")
    ]
    golden += [rss(TWICE), rss(PARTS)]  # since 2 and 3
    found = sha256(repr([parsed(document).entries for document in golden]).encode()).hexdigest()
    assert ENTRIES.get(RULES) == found, f"raise imprints.RULES and note {found!r}"


def test_no_number_is_used_twice() -> None:
    assert len(set(ENTRIES.values())) == len(ENTRIES) == RULES


def test_known_entries_are_passed_over_wherever_they_stand() -> None:
    found = parsed(rss(TWO, "<item><title>Three</title></item>", ONE), after=rss(ONE, TWO))
    assert (found.known, [entry.headline for entry in found.entries]) == (((0, 1), (2, 0)), ["Three"])
    assert found.size == 3


def test_an_entry_is_passed_over_as_often_as_it_is_stored() -> None:
    found = parsed(rss(ONE, ONE), after=rss(ONE))
    assert (found.known, len(found.entries)) == (((0, 0),), 1)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(rss(ONE, head="<title>Daily</title>"), id="the title, which may end headlines"),
        pytest.param(rss(ONE, head="<title>News</title><language>fr</language>"), id="the language"),
        pytest.param(
            rss(ONE, head="<title>News</title><link>https://other.example/</link>"), id="what links are relative to"
        ),
        pytest.param(rss(ONE, root=" xml:lang='fr'"), id="xml:lang of the root"),
        pytest.param(rss(ONE, channel=" xml:lang='fr'"), id="xml:lang of the channel"),
        pytest.param(rss(ONE, channel=" xml:base='https://other.example/'"), id="xml:base"),
        pytest.param(rss(ONE, root=" xmlns:dc='http://purl.org/dc/elements/1.1/'"), id="namespaces"),
        pytest.param(replace(rss(ONE), own_origins=()), id="our own addresses"),
        pytest.param(replace(rss(ONE), publisher_names=("One",)), id="names of publishers"),
        pytest.param(replace(rss(ONE), language="de"), id="the language that feeds.yaml gives"),
    ],
)
def test_everything_is_read_in_another_context(other: Document) -> None:
    assert parsed(other, after=rss(ONE)).known == ()
    assert parsed(rss(ONE), after=other).known == ()


def test_the_head_may_change() -> None:
    dated = rss(ONE, head="<title>News</title><lastBuildDate>Tue, 10 Mar 2026 12:00:00 GMT</lastBuildDate><ttl>5</ttl>")
    found = parsed(dated, after=rss(ONE))
    assert (found.known, found.hints.ttl) == (((0, 0),), parsed(dated).hints.ttl)


@pytest.mark.parametrize(
    "item",
    [
        pytest.param("<item><description><![CDATA[a </item> b]]></description></item>", id="an end in CDATA"),
        pytest.param("<item><description><![CDATA[</item><item> b]]></description></item>", id="both in CDATA"),
        pytest.param("<!-- <item></item> --><item><title>Whole</title></item>", id="an entry in a comment"),
        pytest.param("<item><!-- </item> --><title>Whole</title></item>", id="an end in a comment"),
        pytest.param("<image><item><title>x</title></item></image>", id="an entry elsewhere"),
        pytest.param("<item><title>x</title><?php?></item>", id="an instruction"),
        pytest.param("<item/>", id="an empty tag"),
    ],
)
def test_what_only_looks_like_an_entry_is_read_as_ever(item: str) -> None:
    document = rss(ONE, item, TWO)
    plain = replace(document, body=document.body.replace(b"<item>", b"<?x?><item>", 1))
    assert replace(parsed(plain), malformed="") == replace(parsed(document), malformed="")
    whole = parsed(document).entries
    after = parsed(document, after=document)
    known, read = dict(after.known), iter(after.entries)
    assert tuple(whole[known[at]] if at in known else next(read) for at in range(after.size)) == whole


def test_a_known_entry_in_a_comment_is_not_there() -> None:
    found = parsed(rss(f"<!-- {ONE} -->", TWO), after=rss(ONE, TWO))
    assert [entry.headline for entry in found.entries] == ["Two"]


def test_an_entry_that_declares_namespaces_is_read_every_time() -> None:
    declaring = "<item><title>Own</title><x:y xmlns:x='http://x.example/'>z</x:y></item>"
    found = parsed(rss(declaring, ONE), after=rss(declaring, ONE))
    assert (found.known, [entry.headline for entry in found.entries]) == (((1, 1),), ["Own"])
