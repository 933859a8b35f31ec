"""Shortcuts of the text floor give what the long way gives."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import urlsplit

import nh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.text import dates, headline, html, letters, story_terms, urls, words
from aggregator.text.safelist import ATTRIBUTES, REL, SCHEMES, TAGS, attribute_filter
from aggregator.text.tidy import tidy

BASE = "https://base.example/a/b"
OWN = ("https://own.example",)
split = str.split
KEEP = attribute_filter(BASE, OWN)
CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags={"script", "style", "template", "iframe", "noembed", "noframes", "svg", "math", "xmp"},
    attributes=ATTRIBUTES,
    attribute_filter=KEEP,
    link_rel=REL,
    url_schemes=SCHEMES,
)

names = st.sampled_from(
    split(
        "p p p div blockquote ul ol li h2 a a b i em strong span code br img hr figure figcaption abbr time table td q font tt pre "
        "article section nobr u small sub script style button"
    )
)
values = st.sampled_from(
    [
        *(
            "https://a.example/x?a=1&amp;b=2",
            "/rel",
            "../up",
            "javascript:alert(1)",
            "mailto:a@b.example",
            "https://own.example/x",
        ),
        *(
            "",
            " x ",
            "640",
            "1",
            "0",
            "rtl",
            "en",
            "a &amp; b",
            "a & b",
            "&lt;b&gt;",
            "it's",
            "caf\u00e9",
            "a\u00a0b",
            "#top",
        ),
        *(
            "data:text/html,x",
            "//c.example/y",
            "http://d.example/%7Ea;b",
            "https://e.example/a b",
            "https://f.example/'q",
        ),
    ]
)
keys = st.sampled_from(split("href src alt title width height class style dir lang target rel id start onclick data-x"))
attributes = st.lists(st.tuples(keys, values), max_size=3).map(
    lambda pairs: "".join(f' {key}="{value}"' for key, value in pairs)
)
texts = st.sampled_from(
    [
        *(
            "Words and more",
            " ",
            "\n",
            "a &amp; b",
            "a & b",
            "&lt;p&gt;",
            "&nbsp;",
            "\u00a0",
            "&#8217;",
            "&#x2014;",
            "&hellip;",
        ),
        *(
            "&copy",
            "&notit;",
            "&#0;",
            "&#128;",
            "&#1;",
            "&#769;",
            "e\u0301",
            "x" + "\u0301" * 9,
            "a > b",
            '"quoted"',
            "it's",
        ),
        *(
            "a < b",
            "\u05e9\u05c1\u05bc",
            "\U0001f600",
            "&#173;",
            "&apos;",
            "&AMP;",
            "&amp;amp;",
            "&fjlig;",
            "\t",
            "a  b",
        ),
    ]
)
tags = st.one_of(
    st.builds(lambda name, given_attributes: f"<{name}{given_attributes}>", names, attributes),
    st.builds(lambda name: f"</{name}>", names),
    st.sampled_from(
        ["<br/>", "<br />", "<img src='/x.png'>", "<!-- c -->", "<P>", "</p >", "<p", "<a href=/x>", "<hr/>"]
    ),
)


def element(name: str, given_attributes: str, inside: str) -> str:
    return (
        f"<{name}{given_attributes}>{inside}"
        if name in {"br", "img", "hr"}
        else f"<{name}{given_attributes}>{inside}</{name}>"
    )


nested = st.recursive(
    texts, lambda inner: st.builds(element, names, attributes, st.lists(inner, max_size=3).map("".join)), max_leaves=8
)
markup = st.one_of(
    st.lists(nested, max_size=4).map("".join), st.lists(st.one_of(tags, texts, texts), max_size=8).map("".join)
)


def by_nh3(text: str) -> str:
    """Sanitise as `html.sanitise` does without the shortcut."""
    return html._IMAGE.sub(html._without_pixel, letters.bounded_marks(words.xml_safe(CLEANER.clean(text)))).strip()


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(markup)
@example("<p>a<a href='x'>b</a></p>")
@example("<ul><li>a</li></ul><p><b><i>x</i></b></p>")
@example('<p><a href="/x"><img src="/y" width="1" height="1"></a></p>')
@example("<b><b><b><b><b>x</b></b></b></b></b>")
@example("<li>x</li>")
@example("<h2><p>x</p></h2>")
@example("<p><div>x</div></p>")
@example("<a href='/x'><p>x</p></a>")
def test_what_is_tidy_comes_out_as_nh3_writes_it(text: str) -> None:
    legal = words.xml_safe(text)
    if tidy(legal, KEEP) is not None:
        safe, plain = html.clean(text, base_url=BASE, own_origins=OWN)
        assert safe == by_nh3(legal)
        assert plain == html.plain_text(safe)


@settings(max_examples=300, deadline=None)
@given(markup)
def test_the_words_beside_clean_html_are_its_words(text: str) -> None:
    safe, plain = html.clean(text, base_url=BASE, own_origins=OWN)
    assert safe == html.sanitise(text, base_url=BASE, own_origins=OWN)
    assert plain == html.plain_text(safe)


@given(st.text())
def test_only_a_text_without_anything_to_drop_or_bound_is_plain(text: str) -> None:
    if letters.is_plain(text):
        assert words.xml_safe(text) == text
        assert letters.bounded_marks(text + text) == text + text


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=300) | st.text(max_size=300))
def test_one_line_is_what_its_definition_says(text: str) -> None:
    line = " ".join(words._CONTROLS.sub(" ", words._REMOVED.sub("", text)).split())
    assert words.one_line(text) == letters.bounded_marks(line)


@given(st.text(st.characters(codec="utf-8"), max_size=3000), st.integers(20, 150))
@example("a " * 400, 150)
@example(" " * 3000 + "end", 150)
@example("e" + "\u0301" * 2000 + " end", 150)
def test_a_teaser_does_not_depend_on_what_is_far_behind_it(text: str, length: int) -> None:
    assert words.teaser(text, length=length) == words.first_words(words.one_line(text), length=length)


times = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001  zones follow
zones = st.integers(-12 * 60, 12 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(times, zones)
def test_the_usual_dates_are_read_like_their_unusual_spellings(at: datetime, zone: timezone) -> None:
    there = at.replace(tzinfo=zone)
    rfc822, rfc3339 = format_datetime(there), there.isoformat()
    assert dates.parse(rfc822) == dates.parse(rfc822.upper()) == there.astimezone(UTC)
    assert dates.parse(rfc3339) == dates.parse(rfc3339.lower()) == there.astimezone(UTC)


@given(st.from_regex(dates._RFC822, fullmatch=True) | st.from_regex(dates._RFC3339, fullmatch=True))
def test_whatever_has_a_usual_form_is_read_as_the_other_forms_are(text: str) -> None:
    assert dates.parse(text) == dates.parse(f"{text} ") == dates.parse(text.lower())


@given(
    st.from_regex(urls._STRICT, fullmatch=True),
    st.sampled_from([None, BASE, "http://plain.example/", "ftp://x.example/"]),
)
def test_a_strict_address_is_left_as_it_is(text: str, base: str | None) -> None:
    if urls.web_url(text, base=base) == text:
        assert urls._rebuilt(urlsplit(text)) == text


ascii_words = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)
phrases = st.lists(
    st.one_of(
        ascii_words,
        st.sampled_from(
            split(
                "BREAKING: |UPDATE 2-|Iraq| - Reuters| | The Post|(VIDEO)|3.5%|$5|don't|A-B|U.S.|...|+++ live +++|_x_|`y`|1,000|-5",
                "|",
            )
        ),
    ),
    max_size=5,
).map(" ".join)


@settings(max_examples=300)
@given(phrases)
def test_a_plain_headline_has_the_key_of_its_wide_spelling(text: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in text.replace("&", ""))
    assert headline.normalise(text.replace("&", ""), ("The Post",)) == headline.normalise(wide, ("The Post",))


@given(
    st.one_of(
        st.text(st.characters(max_codepoint=127), max_size=60),
        st.lists(
            st.sampled_from(split("U.S. a-b 1,200 90mph 10th won't _x x_ O'Brien 6.1 2-1 'tis e-mail A.B T20 x9y")),
            max_size=6,
        ).map(" ".join),
    )
)
def test_words_of_a_text_in_ascii_are_those_of_any_text(text: str) -> None:
    assert story_terms.words(text) == story_terms._PLAIN_WORD.findall(text)


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_a_line_without_digits_and_dollars_has_no_signed_number(line: str) -> None:
    assert headline._MAY_BE_SIGNED.search(line) or not headline._SIGNED_NUMBERS.search(line)
