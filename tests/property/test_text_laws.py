"""Laws of the text floor that hold for any input."""

import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from aggregator.text.byline import extract
from aggregator.text.dates import parse, rfc822, rfc3339
from aggregator.text.encodings import encoded_once
from aggregator.text.headline import is_telling, normalise
from aggregator.text.html import decoded, first_image, from_text, links, plain_text, sanitise, without_images
from aggregator.text.letters import fold
from aggregator.text.markup import too_complex
from aggregator.text.terms import phrase, search_terms
from aggregator.text.urls import article_key, canonical, host, origin, slug, web_url
from aggregator.text.words import one_line, teaser, xml_safe

any_text = st.text(st.characters(), max_size=60)  # lone surrogates included
spoken = st.text(
    st.sampled_from(
        "aZé1 -–|:.,$%€&;#(){}[]'\"’“ßıİǅﬁ½²東京のกี่हिंمُأةلاﷺ한\u0301\u0316\u0345\u200d\u202e\ufeff\u2028\x00\ud800🚀½"
    ),
    max_size=40,
)
fragments = st.lists(
    st.sampled_from(
        [
            "<p>", "</p>", "<b>", "</b>", "<a href='/x'>", '<a href="javascript:x">', "</a>", "<img src=/i.png alt='a>b'>", "<img src=x width=1 height=1>", "<div>", "</div>", "<table>", "<td>", "</table>",
            "<script>", "</script>", "<style>", "</style>", "<!--", "-->", "<!", "<?x", "<svg>", "</svg>", "<math>", "<mtext>", "<title>", "</title>", "<textarea>", "</textarea>", "<noscript>", "</noscript>",
            "<iframe src=https://v.example/>", "</iframe>", "<select>", "<option>", "<template>", "</template>", "<x onclick=1>", "<plaintext>", "&lt;b&gt;", "&amp;", "&#0;", "&#xD800;", "&nbsp;", "&", "<", ">", '"', "'", "=", " ", "\n",
            "word", "東京", "\x00", "\ud800", "]]>", "<![CDATA[", "<form action=/x>", "<button formaction=x>", "<base href=//e>", "<li>", "<ul>", "</ul>", "<br>", "<video src=https://v.example/v>", "<font", "/",
        ]
    ),
    max_size=25,
).map("".join)  # fmt: skip


class _Judge(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]


def _judged(html: str) -> _Judge:
    judge = _Judge()
    judge.feed(html)
    judge.close()
    return judge


# --- HTML -------------------------------------------------------------------------------------------------------


@given(fragments | any_text)
def test_what_is_sanitised_holds_only_what_is_allowed(html: str) -> None:
    for safe in (sanitise(html, base_url="https://h.example/"), from_text(html)):
        judge = _judged(safe)
        assert judge.attributes <= {
            "href",
            "src",
            "alt",
            "title",
            "width",
            "height",
            "dir",
            "lang",
            "rel",
            "colspan",
            "rowspan",
            "scope",
            "start",
            "value",
            "reversed",
            "datetime",
        }
        assert all(address.startswith(("http://", "https://", "mailto:")) for address in judge.addresses)
        assert judge.tags.isdisjoint(
            [
                "script",
                "style",
                "svg",
                "math",
                "iframe",
                "form",
                "input",
                "button",
                "title",
                "textarea",
                "template",
                "noscript",
                "base",
                "video",
            ]
        )
        assert xml_safe(safe) == safe
        assert _judged(without_images(safe)).tags == judge.tags - {"img"}


@given(fragments)
@example("<a href='/x'><select><iframe src=https://v.example/>")  # a link in a link, which parsing again takes apart
def test_sanitising_again_adds_nothing(html: str) -> None:
    once = sanitise(html, base_url="https://h.example/")
    twice = sanitise(once, base_url="https://other.example/")
    assert _judged(twice).tags <= _judged(once).tags
    assert set(_judged(twice).addresses) <= set(_judged(once).addresses)
    assert {link.url for link in links(twice)} <= set(_judged(once).addresses)


@given(fragments)
def test_our_own_addresses_never_come_through(html: str) -> None:
    assert "h.example" not in sanitise(html, base_url="https://h.example/", own_origins=["https://h.example"])


@given(fragments)
def test_the_words_of_safe_html_are_those_a_browser_would_show(html: str) -> None:
    safe = sanitise(html, base_url="https://h.example/")
    body = LexborHTMLParser(safe).body
    shown = body.text() if body is not None else ""
    assert "".join(plain_text(safe).split()) == "".join(one_line(shown).split())


@given(any_text)
def test_text_comes_back_out_of_its_paragraphs(text: str) -> None:
    assert plain_text(from_text(text)) == one_line(xml_safe(text))


@given(fragments | any_text)
def test_plain_text_is_one_line(html: str) -> None:
    assert one_line(plain_text(html)) == plain_text(html)


@given(fragments | any_text)
def test_reading_html_never_raises(html: str) -> None:
    too_complex(html)
    decoded(html)
    first_image(sanitise(html))
    byline, left = extract(html, base_url="https://h.example/")
    assert all(link.url.startswith("http") for link in byline.related)
    if not (byline.author or byline.source_id or byline.dated or byline.categories or byline.related):
        assert left == html


# --- addresses ----------------------------------------------------------------------------------------------------

odd_addresses = st.lists(
    st.sampled_from(["http", "https", ":", "//", "/", "\\", "@", "[", "]", "h.example", "ä", "%", "%41", "?", "#", "!", "&", "=", "a", "..", ".", " ", "'", '"', "<", "\t", "\x00", "\ud800", "utm_source", ":80", ":99999", "127。0。0。1", "amp", "index.html", "xn--", "℀"]),
    max_size=12,
).map("".join)  # fmt: skip
addresses = st.builds("https://h.example/{}".format, odd_addresses)


@given(odd_addresses | addresses | any_text, st.none() | odd_addresses | st.just("https://base.example/x/"))
@example("http://[bad", "https://base.example/")
def test_a_web_address_is_strict_and_accepts_itself(text: str, base: str | None) -> None:
    address = web_url(text, base=base)
    if address is not None:
        assert re.fullmatch(r"https?://[a-z0-9._\[\]:-]+([/?#][!-~]*)?", address)
        assert not set(address) & set("<>\"'`\\{}|^")
        assert web_url(address) == address
        assert host(address)
        assert address.startswith(origin(address))


@given(odd_addresses | addresses | any_text)
def test_keys_never_raise_and_ignore_how_the_reader_came(text: str) -> None:
    key = canonical(text)
    assert article_key(text) in {None, key}
    address = web_url(text)
    if address is not None and "#" not in address and len(address) < 4000:
        joint = "&" if "?" in address else "?"
        assert canonical(f"{address}{joint}utm_source=rss") == key
        assert canonical(re.sub("^https?://", "http://www.", address)) == canonical(
            re.sub("^https?://", "https://www.", address)
        )


@given(any_text, any_text)
def test_slugs_are_names_that_fit_anywhere(one: str, other: str) -> None:
    assert re.fullmatch("[a-z0-9-]{1,80}", slug(one))
    if slug(one) == slug(other):
        assert re.sub("[^a-z0-9]", "", fold(one)) == re.sub("[^a-z0-9]", "", fold(other))


# --- dates ----------------------------------------------------------------------------------------------------------

moments = st.integers(0, 230 * 365 * 86_400).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(moments)
def test_what_is_written_is_read_back(at: datetime) -> None:
    assert parse(rfc3339(at)) == parse(rfc822(at)) == at
    assert parse(at.strftime("%a, %Y-%m-%d %H:%M:%S")) == at
    assert parse(at.strftime("%a %b %d %H:%M:%S %Y")) == at


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_the_zone_of_a_date_does_not_change_the_moment(at: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    local = at + timedelta(minutes=minutes)
    assert parse(local.strftime("%Y-%m-%dT%H:%M:%S") + f"{sign}{hours:02}:{rest:02}") == (
        at if 1970 <= at.year <= 2200 else None
    )
    assert parse(local.strftime("%d %b %Y %H:%M:%S ") + f"{sign}{hours:02}{rest:02}") == at


@given(any_text | st.text("0123456789 -/.:,TZ+abcdefgmnprstuvwy年月日()", max_size=30))
def test_reading_a_date_never_raises(text: str) -> None:
    found = parse(text)
    assert found is None or (found.tzinfo is UTC and found.microsecond == 0 and 1970 <= found.year <= 2200)


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(":memory:")
    database.execute("create virtual table words using fts5(terms, tokenize = 'unicode61 remove_diacritics 0')")
    database.execute("insert into words values ('something')")
    yield database
    database.close()


queries = st.text(st.sampled_from("ab \"'*()^-+:{}~ANDORNOT東京กี\u0301\x00;%_,."), max_size=30) | any_text | spoken


@given(query=queries)
def test_any_text_is_a_valid_phrase_or_none(index: sqlite3.Connection, query: str) -> None:
    expression = phrased(query)
    if expression is not None:
        index.execute("select rowid from words where words match ?", (expression,)).fetchall()


@given(text=spoken | any_text, other=spoken)
def test_a_text_is_found_by_any_part_of_it(index: sqlite3.Connection, text: str, other: str) -> None:
    index.execute("delete from words")
    index.execute("insert into words values (?)", (search_terms(f"{text} {other}"),))
    for query in (text, other):
        expression = phrased(query)
        if expression is not None:
            assert index.execute("select count(*) from words where words match ?", (expression,)).fetchone() == (1,)


def phrased(text: str) -> str | None:
    asked = phrase(text)
    return None if asked is None else f'"{" ".join(asked.terms)}"' + "*" * asked.begins


@given(any_text | spoken)
def test_one_line_is_stable_and_can_be_stored(text: str) -> None:
    line = one_line(text)
    assert one_line(line) == line
    assert line.encode().decode() == line
    assert len(line.splitlines()) <= 1


@given(any_text | spoken)
def test_folding_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.sampled_from("ab .,…東กี่\u0301\u200d🚀 "), max_size=120), st.integers(1, 60))
def test_a_teaser_is_the_beginning_of_its_text(text: str, length: int) -> None:
    line, cut = one_line(text), teaser(text, length=length)
    if len(line) <= length:
        assert cut == line
        return
    assert len(cut) <= length + 1
    assert line.startswith(cut[:-1])
    rest = line[len(cut) - 1 :]
    assert len(cut) == 2 or not unicodedata.category(rest[0]).startswith("M")


# --- headlines ------------------------------------------------------------------------------------------------------

pieces = st.lists(
    st.sampled_from(
        [
            "UPDATE 2-", "RPT-", "BREAKING: ", "عاجل: ", "Live - ", "[Video] ", "(VIDEO)", " - live", " – video", " - Reuters", " | BBC News", ": NPR", "Guardian: ", "BBC - ", "Iraq", "talks", "5.1", "-5%", "$900B", "2-1", "1,000", "5 %", "€ 5", "%", "$", "-", "+", ":", ".", "/", ",",
            " ", " ", " ", "(", ")", "&amp;amp;", "&#36;", "&lt;b&gt;", "’", "“", "…", "東京", "【速報】", "हिन्दी", "\u0301", "ﷺ", "½", "ﬁ", "İ", "_", "10:30", "update", "2", "+++ ",
        ]
    ),
    max_size=10,
).map("".join)  # fmt: skip
PUBLISHERS = ("BBC", "The Guardian", "reuters.com", "NPR", "2", "Iraq")


@given(pieces | spoken | any_text)
@example("Update 2 (-$5")
@example("5 (%")
@example("5 (%a")
@example("live$ (½")
@example("($ 5")
@example("10: (30)")
def test_a_key_is_its_own_key(headline: str) -> None:
    for publishers in ((), PUBLISHERS):
        key = normalise(headline, publishers)
        assert normalise(key, publishers) == key
        assert one_line(key) == key
        assert is_telling(key) in {True, False}


@given(pieces)
def test_case_quotes_and_encoding_never_make_another_headline(headline: str) -> None:
    key = normalise(headline, PUBLISHERS)
    assert normalise(headline.upper().lower(), PUBLISHERS) == normalise(headline.lower(), PUBLISHERS)
    assert normalise(f"  {headline}\u00a0", PUBLISHERS) == key


@given(st.lists(st.sampled_from(["flood", "mayor", "resigns", "5.1", "$900b", "東京"]), min_size=2, max_size=5))
def test_a_publisher_behind_a_headline_makes_no_difference(words: list[str]) -> None:
    headline = " ".join(words)
    assert normalise(headline + " - Evening Post", ["The Evening Post"]) == normalise(headline)
    assert normalise(headline + " | BBC News") == normalise(headline)


@given(st.text())
def test_what_was_encoded_twice_is_as_it_was_and_nothing_else_becomes_longer(text: str) -> None:
    mended = encoded_once(text)
    assert len(mended) <= len(text)
    assert [c for c in mended if c < "\x80"] == [c for c in text if c < "\x80"], "no markup comes or goes"


@given(st.text(st.characters(min_codepoint=0xA0, max_codepoint=0xFF), min_size=1))
def test_latin_letters_that_were_encoded_twice_come_back(text: str) -> None:
    assert encoded_once(text.encode().decode("latin-1")) == text
