"""HTML: what survives sanitising, what never does, and what words are in it."""

import json
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.metadata import files
from pathlib import Path

import pytest

from aggregator.model.entry import Link, SafeHtml
from aggregator.text import html as text_html
from aggregator.text.html import clean, decoded, first_image, from_text, links, plain_text, sanitise, without_images
from aggregator.text.markup import too_complex
from aggregator.text.safelist import TAGS

BASE = "https://news.example/world/story.html"
PAYLOADS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "xss" / "payloads.jsonl"
ADDRESSES = {
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "srcset",
    "background",
    "cite",
    "xlink:href",
    "ping",
}
REFUSED_TAGS = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "svg",
    "math",
    "base",
    "link",
    "meta",
    "template",
    "textarea",
    "select",
    "noscript",
    "applet",
    "frame",
}


class Judge(HTMLParser):
    """An independent reader of what `sanitise` wrote."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in REFUSED_TAGS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in {"style", "class", "id", "name", "srcdoc"}:
                self.faults.append(f"{tag} {name}")
            if name in ADDRESSES and not (value or "").startswith(("http://", "https://", "mailto:")):
                self.faults.append(f"{tag} {name}={value}")


def judged(html: str) -> Judge:
    judge = Judge()
    judge.feed(html)
    judge.close()
    return judge


def pathological() -> Iterator[tuple[str, str]]:
    """Half a megabyte each, of what is slow in one parser or another."""
    units = {
        "lt": "<", "lt_bang": "<!", "amp": "&", "amp_hash": "&#", "comment_open": "<!--", "doctype_open": "<!DOCTYPE [",
        "cdata_open": "<![CDATA[", "a_unclosed": "<a ", "attribute_quote": '<a href="', "quotes": '"', "b_unclosed": "<b>",
        "style_open": "<style>", "pi_open": "<?", "table": "<table><tr><td>", "nested_a": "<a href=x>", "div": "<div>",
        "comment_hides_end": "<div><!--</div>-->", "textarea_hides_end": "<div><textarea></div></textarea>",
        "span_and_p": "<span><p></span></p>", "object_hides_end": "<div><object></div></object>", "b_and_div": "<b><div></b>",
        "select_hides_end": "<div><select></div></select>", "cdata_hides_end": "<svg><![CDATA[></svg>]]>",
        "attribute_hides_end": '<div a="></div>" >', "title_in_svg": "<svg><style></svg><div></style>", "iframes": "<iframe src=https://x.example/>",
    }  # fmt: skip
    for name, unit in units.items():
        yield name, unit * (500_000 // len(unit))
    yield "spaces", " " * 500_000 + "x"
    yield "formatting", "<b><i><u><font>" * 12_000 + "<p>" * 12_000
    yield (
        "reopened_formatting",
        "<div>" + "".join(f"<b a={n}>" for n in range(490)) + "</div>" + "<div>x</div>" * 40_000,
    )
    yield "attributes", "<a " + " ".join(f"a{n}" for n in range(80_000)) + ">"
    yield "long_number", "&#" + "9" * 500_000 + ";"
    yield "marks", "a" + "\u0301\u0316" * 250_000


PATHOLOGICAL = dict(pathological())


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_half_a_megabyte_of_anything_becomes_safe_html_and_words(name: str) -> None:
    html = PATHOLOGICAL[name]
    safe = sanitise(html, base_url=BASE)
    words = plain_text(html)
    assert judged(safe).faults == []
    assert len(safe) <= 6 * len(html)
    assert len(words) <= len(html)
    assert "\n" not in words


def test_s7_a_hundred_thousand_nested_divs_become_text() -> None:
    began = time.process_time()
    assert sanitise("<div>" * 100_000 + "The text." + "</div>" * 100_000) == "<p>The text.</p>"
    assert time.process_time() - began < 1.0


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the payload list lies in ../shared, which is not here")
def test_a16_a33_no_payload_leaves_anything_that_acts() -> None:
    payloads = [json.loads(line)["payload"] for line in PAYLOADS.read_text("utf-8").split("\n") if line]
    assert len(payloads) > 5000
    for payload in payloads:
        once = sanitise(payload, base_url=BASE)
        assert judged(once).faults == [], payload
        assert judged(sanitise(once, base_url=BASE)).faults == [], payload
        assert judged(without_images(once)).faults == [], payload
        assert judged(from_text(payload)).tags in ([], ["p"]) or set(judged(from_text(payload)).tags) <= {"p", "br"}


@pytest.mark.parametrize(
    "scheme", ["JaVaScRiPt", "JAVASCRIPT", " jAvascript", "j\tavaScript", "&#74;avascript", "VbScript", "DaTa"]
)
def test_a07_a_scheme_is_refused_however_it_is_spelt(scheme: str) -> None:
    html = f'<a href="{scheme}:alert(1)">a</a><img src="{scheme}:alert(1)" alt="b"><q cite="{scheme}:x">c</q>'
    assert judged(sanitise(html, base_url=BASE)).faults == []
    assert "alert" not in sanitise(html, base_url=BASE)
    assert 'href="https://news.example/x"' in sanitise('<a href="HtTpS://news.example/x">a</a>')


def test_a33_the_sanitiser_was_built_with_a_sound_ammonia() -> None:
    """4.1.4 has the repairs of RUSTSEC-2025-0071, -2026-0193 and -2026-0213; a wheel tells what it was built of."""
    (bill,) = [file for file in files("nh3") or () if file.name.endswith(".cyclonedx.json")]
    parts = {part["name"]: part["version"] for part in json.loads(bill.read_text())["components"]}
    assert tuple(map(int, parts["ammonia"].split("."))) >= (4, 1, 4)


def test_a33_neither_drawings_nor_formulas_are_let_through() -> None:
    """What the advisories need: an element in which HTML is read by other rules."""
    html = "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>"
    svg = "<svg><annotation-xml encoding='text/html'><style><a title='</style><img src onerror=alert(1)>'>"
    for nested in (html, svg, f"<div>{svg}{html}</div>"):
        assert judged(sanitise(nested, base_url=BASE)).faults == []
        assert judged(sanitise(sanitise(nested, base_url=BASE))).faults == []
    assert not {"svg", "math", "style", "annotation-xml", "foreignobject", "mglyph", "mtext"} & set(TAGS)


def test_markup_of_text_is_kept() -> None:
    html = '<h2>Title</h2><p dir="rtl" lang="ar">one <b>two</b> <em>three</em><br>four</p><ul><li>five</li></ul><blockquote>six</blockquote>'
    assert sanitise(html) == html


def test_attributes_that_could_restyle_or_address_the_page_go() -> None:
    assert sanitise('<p class="x" id="y" name="z" style="top:0" onclick="a()" data-x="1">text</p>') == "<p>text</p>"


def test_relative_addresses_become_absolute() -> None:
    safe = sanitise('<a href="../sport">s</a><img src="/i.png">', base_url=BASE)
    assert 'href="https://news.example/sport"' in safe
    assert 'src="https://news.example/i.png"' in safe


def test_relative_addresses_without_a_base_go() -> None:
    assert sanitise('<a href="/logout">out</a>') == '<a rel="noopener noreferrer nofollow ugc">out</a>'
    assert sanitise('<img src="/logout">') == ""


def test_every_link_carries_the_relations_of_foreign_content() -> None:
    safe = sanitise('<a href="https://x.example/" rel="opener" target="_blank">x</a>')
    assert safe == '<a href="https://x.example/" rel="noopener noreferrer nofollow ugc">x</a>'


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "java\tscript:alert(1)", "&#1;javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//[bad", "ftp://x.example/"],
)  # fmt: skip
def test_an_address_of_another_scheme_goes(address: str) -> None:
    assert links(sanitise(f'<a href="{address}">x</a>', base_url=BASE)) == ()
    assert sanitise(f'<img src="{address}">', base_url=BASE) == ""


def test_a_mail_address_stays() -> None:
    assert 'href="mailto:desk@news.example"' in sanitise('<a href="mailto:desk@news.example">mail</a>')


@pytest.mark.parametrize(
    "address", ["https://ours.example/logout", "//ours.example/logout", "HTTPS://OURS.example:443/", "/logout"]
)
def test_addresses_of_our_own_site_go(address: str) -> None:
    safe = sanitise(
        f'<a href="{address}">x</a><img src="{address}">',
        base_url="https://ours.example/feed",
        own_origins=["https://ours.example"],
    )
    assert "ours.example" not in safe
    assert "logout" not in safe


def test_own_origins_may_be_given_with_a_slash() -> None:
    assert sanitise('<img src="http://localhost:8000/x">', own_origins=["http://localhost:8000/"]) == ""


@pytest.mark.parametrize(
    "sizes", ['width="1" height="1"', 'width="0" height="0"', "height=1", "width=1px height='1px'"]
)
def test_a_tracking_pixel_goes(sizes: str) -> None:
    assert sanitise(f'<p>x<img src="https://t.example/p.gif" {sizes}></p>') == "<p>x</p>"


def test_a_thin_but_wide_image_is_no_pixel() -> None:
    assert "<img" in sanitise('<img src="https://t.example/line.gif" width="600" height="1">')


def test_an_image_keeps_its_words_and_size() -> None:
    html = '<img src="https://i.example/a.png" alt="A &quot;b&quot; &lt;c&gt;" title="t" width="300" height="200">'
    safe = sanitise(html)
    assert safe.count("<img") == 1
    assert without_images(safe) == 'A "b" &lt;c&gt;'
    assert 'width="300"' in safe


def test_a_size_that_is_no_number_goes() -> None:
    assert sanitise('<img src="https://i.example/a.png" width="100%">') == '<img src="https://i.example/a.png">'


def test_an_image_without_alternative_text_goes_without_a_trace() -> None:
    assert without_images(SafeHtml('<p>a<img src="https://i.example/a.png">b</p>')) == "<p>ab</p>"


def test_a08_a_frame_becomes_a_link() -> None:
    safe = sanitise('<iframe src="https://video.example/embed/1?a=1&amp;b=2" onload="x()">old browser</iframe>after')
    assert links(safe) == (Link(url="https://video.example/embed/1?a=1&b=2", text="video.example"),)
    assert plain_text(safe) == "video.example after"


@pytest.mark.parametrize("source", ["http://video.example/", "javascript:alert(1)", ""])
def test_a08_a_frame_that_is_not_https_becomes_nothing(source: str) -> None:
    assert sanitise(f'<iframe src="{source}" srcdoc="<script>x</script>"></iframe>after') == "after"


@pytest.mark.parametrize("part", ["section", "HEADER", "article", "legend", "nav"])
def test_the_parts_of_a_document_keep_their_words_apart(part: str) -> None:
    safe, words = clean(f'<{part} class="x" dir="rtl">Heading</{part}>Text')
    assert (safe, words) == ('<div dir="rtl">Heading</div>Text', "Heading Text")


def test_the_image_in_noscript_is_the_real_one() -> None:
    safe = sanitise(
        '<img data-src="x" src="data:image/gif;base64,R0"><noscript><img src="https://i.example/real.jpg"></noscript>'
    )
    assert first_image(safe) == "https://i.example/real.jpg"
    assert safe.count("<img") == 1


@pytest.mark.parametrize("tag", ["script", "style", "svg", "math", "template", "iframe"])
def test_what_is_for_no_reader_leaves_no_words(tag: str) -> None:
    html = f"before<{tag}>inside</{tag}>after"
    assert "inside" not in sanitise(html)
    assert plain_text(html) == "before after"


def test_control_characters_and_lone_surrogates_do_no_harm() -> None:
    safe = sanitise("a\x00b\x01c&#1;d\ud800e&#xD800;f")
    assert safe == "abcde\ufffdf"


def test_too_long_becomes_text() -> None:
    safe = sanitise("<b>word</b> " * 100_000)
    assert safe.startswith("<p>word word ")
    assert len(safe) <= text_html.MAX_LENGTH + 10


def test_a_long_orderly_article_is_not_too_complex() -> None:
    paragraph = (
        "<p>One <a href='/x'>two</a> <b><i>three</i></b><br/>four<ul><li>five<li>six</ul><table><tr><td>7<td>8</table>"
    )
    assert not too_complex("<div><section><article>" + paragraph * 3000 + "</article></section></div>")


def test_nesting_is_counted_as_the_tree_builder_would_build_it() -> None:
    filler = "<p>word<br>" * 800
    assert not too_complex(filler + "<div>" * 400 + "</div>" * 400)
    assert too_complex(filler + "<div>" * 600)


def test_plain_text_separates_blocks_but_not_inline_elements() -> None:
    assert plain_text("<p>one</p><p>t<b>w</b>o<br>three</p><ul><li>four<li>five</ul>") == "one two three four five"


def test_plain_text_decodes_references_and_leaves_what_is_no_tag() -> None:
    assert (
        plain_text("a &lt;b&gt; &amp;amp; 1 < 2 &nbsp; caf&eacute; &unknown; x<y>z")
        == "a <b> &amp; 1 < 2 café &unknown; xz"
    )


def test_plain_text_survives_comments_and_greater_signs_in_attributes() -> None:
    assert plain_text('a<!-- > <b> -->b<i title="x > y">c</i><!-->d<!--->e') == "abcde"


def test_decoding_a_number_of_half_a_million_digits_is_no_error() -> None:
    assert decoded("&#" + "9" * 500_000 + ";x&#x" + "f" * 9 + ";") == "\ufffdx\ufffd"


def test_from_text_escapes_and_makes_paragraphs() -> None:
    assert from_text("a < b\nc & d\n \n\n<script>x") == "<p>a &lt; b<br>\nc &amp; d</p><p>&lt;script&gt;x</p>"


def test_from_text_of_nothing_is_nothing() -> None:
    assert from_text(" \r\n\r\n ") == ""


def test_links_come_in_order_with_their_words() -> None:
    safe = sanitise(
        '<a href="/1">one <b>two</b></a> <a>none</a> <a href="mailto:a@b.example">m</a> <a href="/2"><img src="/i.png"></a>',
        base_url=BASE,
    )
    assert links(safe) == (
        Link(url="https://news.example/1", text="one two"),
        Link(url="https://news.example/2", text=""),
    )


def test_there_may_be_no_image() -> None:
    assert first_image(sanitise("<p>none</p>")) is None
