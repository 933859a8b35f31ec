"""Laws of a copy of the site: no address leads out of its folder, and rewriting changes nothing but links."""

import re
from html.parser import HTMLParser
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.html import sanitise
from aggregator.web.export.addresses import Address, Place, place_of
from aggregator.web.export.links import in_page
from tests.published import make_site

FRONT = Place(address=Address(path=""))
PATHS = st.text("ab0-._/%\\ \x00\n:~A", max_size=20) | st.text(max_size=20)


@given(
    PATHS,
    st.sampled_from(["", "after=x", "archive=x", "v=1", "q=a", "window=../x", "window=7d&category=a.b"])
    | st.text(max_size=10),
)
def test_s12_whatever_an_address_is_its_file_is_below_the_folder(path: str, query: str) -> None:
    for on in (FRONT, Place(address=Address(path=path))):
        found = place_of(path, query, on=on)
        if found and found is not on:
            parts = PurePosixPath(found.address.file).parts
            assert all(re.fullmatch("[a-z0-9][a-z0-9._-]*", part) for part in parts)


class Reading(HTMLParser):
    """What a browser would make of a page: texts, and tags with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts = ""
        self.others: list[tuple[str, str | None]] = []
        self.links: list[str | None] = []
        self.feed(page)
        self.close()

    def handle_data(self, data: str) -> None:
        self.texts += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.others += [(tag, None), *(pair for pair in attrs if pair[0] not in {"href", "src", "action"})]
        self.links += [value for name, value in attrs if name in {"href", "src", "action"}]


PIECES = st.sampled_from(
    [
        '<a href="/entries/5">',
        "</a>",
        '<a title="x href=" href="/a">',
        ' href="/a"',
        "<",
        ">",
        '"',
        "'",
        "&lt;a href=",
        "/a",
        '<a href="https://news.example/stories/1?a=1&amp;b=2#c">',
        "<p>",
        '<img alt="<a href=" src="/b">',
        "text",
        " ",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_rewriting_changes_links_and_nothing_else(html: str) -> None:
    page = f'<p><a href="/feeds" rel="next">Feeds</a></p>{sanitise(html, base_url=None)}'
    before, after = Reading(page), Reading(in_page(page, make_site(), lambda link: f"<{link.path}>"))
    assert (after.texts, after.others) == (before.texts, before.others)
    assert after.links[0] == "<feeds>"
    assert not any(link and link.startswith(("/", "https://news.example/")) for link in after.links)
    assert in_page(page, make_site(), lambda _: None) == page
