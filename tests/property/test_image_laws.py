"""Laws of images on pages: whatever a feed holds, a browser that shows it asks this site alone."""

import re
from base64 import urlsafe_b64encode

from hypothesis import example, given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from aggregator.model.entry import SafeHtml
from aggregator.model.media import Image
from aggregator.text.html import plain_text, sanitise, with_images, without_images
from aggregator.text.urls import web_url
from aggregator.web.signed import SignedAddresses
from tests.published import make_site

ADDRESSES = SignedAddresses(bytes(32), make_site())
LOADING = "src", "srcset", "poster", "background", "data", "xlink:href", "style", "ping", "action", "formaction"

addresses = st.sampled_from(
    [
        "/i.png",
        "//img.example/i.png",
        "https://img.example/a.png?x=1&y=2",
        'https://img.example/"onerror="x',
        "https://img.example/<b>",
        "https://news.example/own.png",
        "javascript:alert(1)",
        "data:image/svg+xml,<svg>",
        "http:a<script>",
        "",
        "https://bücher.example/ü.png",
        "blob:x",
    ]
)
names = st.sampled_from(["src", "SRC", "srcset", "alt", "title", "width", "loading", "style", "onerror", "data-src"])
values = addresses | st.sampled_from(
    ['a "b" <c> & d', "1", "40", "x 2x, //e.example/y 1x", "&quot;&gt;<img src=//e.example>"]
)
quotes = st.sampled_from(['"', "'", ""])


@st.composite
def tags(draw: st.DrawFn) -> str:
    """Write a start tag of something that loads, as well or badly as feeds do."""
    name = draw(
        st.sampled_from(
            ["img", "IMG", "image", "picture", "source", "video", "audio", "iframe", "embed", "object", "input"]
        )
    )
    attributes = ""
    for attribute, value in draw(st.lists(st.tuples(names, values), max_size=4)):
        quote = draw(quotes)
        attributes += f" {attribute}={quote}{value}{quote}"
    return f"<{name}{attributes}{draw(st.sampled_from(['>', '/>', ' >', '']))}"


pieces = st.lists(
    tags()
    | st.sampled_from(
        [
            "<p>",
            "</p>",
            "<a href='https://l.example/'>",
            "</a>",
            "text",
            "&lt;img src=//e.example&gt;",
            '"',
            "<!--",
            "-->",
            "<svg>",
            "<table>",
            "<td>",
            "<noscript>",
        ]
    ),
    max_size=12,
).map("".join)


@given(pieces)
@example('<p><img src="https://img.example/a.png" alt="&quot;&gt;<img src=//e.example>"></p>')
@example("<noscript><img src='https://img.example/a.png' alt='a>b'></noscript>")
def test_a_page_loads_nothing_from_anywhere_but_here(html: str) -> None:
    safe = sanitise(html, base_url="https://h.example/", own_origins=["https://news.example"])
    shown = LexborHTMLParser(f"<main>{with_images(safe, ADDRESSES.link)}</main>")
    for node in shown.css("main *"):
        for name in LOADING:
            value = node.attributes.get(name)
            assert value is None or (name == "src" and re.fullmatch(r"/media/[\w-]{43}/[\w-]+", value)), (name, value)
    assert shown.css("[onerror], script, svg, iframe, video, source, object") == []


@given(pieces)
@example('<img src="https://news.example/own.png">')
def test_showing_images_changes_nothing_else(html: str) -> None:
    safe = sanitise(html, base_url="https://h.example/", own_origins=["https://news.example"])
    shown = with_images(safe, ADDRESSES.link)
    before, after = (LexborHTMLParser(f"<main>{each}</main>") for each in (safe, shown))
    assert [node.tag for node in before.css("main *")] == [node.tag for node in after.css("main *")]
    assert plain_text(safe) == plain_text(shown)
    for old, new in zip(before.css("main *"), after.css("main *"), strict=True):
        changed = {"src", "loading", "decoding"} | ({"alt"} if "alt" not in old.attributes else set())
        kept = {name: value for name, value in new.attributes.items() if name not in changed or old.tag != "img"}
        assert kept == {name: value for name, value in old.attributes.items() if name != "src"}


@given(pieces)
def test_without_an_address_an_image_is_its_text(html: str) -> None:
    safe = sanitise(html, base_url="https://h.example/")
    assert with_images(safe, lambda _: None) == without_images(safe)


@given(st.text(max_size=80) | st.from_regex(r"https?://[a-z.]{1,20}/[^\s]{0,60}", fullmatch=True))
def test_every_link_leads_back_to_its_address_and_no_other_text_to_any(text: str) -> None:
    url = web_url(text)
    if url is None:
        assert ADDRESSES.link(text) is None
        return
    link = ADDRESSES.link(url)
    if link is None:
        assert url.startswith("https://news.example")
        return
    _, _, signature, name = link.split("/")
    assert ADDRESSES.address(signature, name) == url
    other = urlsafe_b64encode(f"{url}x".encode()).decode().rstrip("=")
    assert ADDRESSES.address(signature, other) is None


@given(st.binary(max_size=80))
def test_bytes_of_any_kind_are_an_image_of_the_closed_list_or_none(body: bytes) -> None:
    made = Image.of(body)
    assert made is None or made.media_type in {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/avif",
        "image/x-icon",
    }
    assert Image.of(b"<" + body) is None


def test_html_without_images_stays_the_same_text() -> None:
    html = SafeHtml("<p>a</p>")
    assert with_images(html, ADDRESSES.link) is html
