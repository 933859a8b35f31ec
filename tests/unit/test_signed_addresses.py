"""Addresses of images on pages."""

import re
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.web.signed import SignedAddresses
from tests.published import make_site

KEY = bytes(range(32))
URL = "https://img.example/a.jpg?w=300&h=200#x"


@pytest.fixture
def addresses() -> SignedAddresses:
    return SignedAddresses(KEY, make_site())


def parts(link: str | None) -> tuple[str, str]:
    match = re.fullmatch(r"/media/([\w-]{43})/([\w-]+)", link or "")
    assert match, link
    return match[1], match[2]


def encoded(url: str) -> str:
    return urlsafe_b64encode(url.encode()).decode().rstrip("=")


def test_a_link_leads_back_to_its_address(addresses: SignedAddresses) -> None:
    assert addresses.address(*parts(addresses.link(URL))) == URL


def test_links_stand_below_the_site_wherever_that_is() -> None:
    link = SignedAddresses(KEY, make_site(url="https://news.example/reader/")).link(URL)
    assert link is not None
    assert link.startswith("/reader/media/")


def test_the_same_image_has_the_same_link_and_another_key_another() -> None:
    other = SignedAddresses(bytes(32), make_site())
    assert SignedAddresses(KEY, make_site()).link(URL) == SignedAddresses(KEY, make_site()).link(URL)
    assert other.link(URL) != SignedAddresses(KEY, make_site()).link(URL)
    assert other.address(*parts(SignedAddresses(KEY, make_site()).link(URL))) is None


def test_a_signature_opens_its_own_address_alone(addresses: SignedAddresses) -> None:
    signature, name = parts(addresses.link(URL))
    assert addresses.address(signature, encoded("https://img.example/b.jpg")) is None
    assert addresses.address(signature, f"{name}=") is None
    assert addresses.address(signature, f"{name}AA") is None
    for wrong in (
        "",
        signature[:-1],
        signature + "A",
        signature.upper(),
        "A" * 43,
        "ü" * 43,
        "\udc80",
        signature + "\n",
    ):
        assert addresses.address(wrong, name) is None
    for odd in ("", "ü", "\udc80", "%", "A" * 9000):
        assert addresses.address(signature, odd) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/a.png",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "gopher://img.example/",
        "ftp://img.example/a.png",
        "http://user:secret@img.example/a.png",
        "http://[bad/a.png",
        "http:a<script>",
    ],
)
def test_a02_a29_what_is_no_web_address_gets_no_link(addresses: SignedAddresses, url: str) -> None:
    assert addresses.link(url) is None


def test_a15_nothing_of_our_own_is_fetched_for_a_page(addresses: SignedAddresses) -> None:
    assert addresses.link("https://news.example/websub/token") is None
    assert addresses.link("https://news.example:443/feeds") is None


@given(st.text(), st.text())
def test_whatever_is_asked_nothing_but_a_link_of_ours_is_let_through(signature: str, name: str) -> None:
    assert SignedAddresses(KEY, make_site()).address(signature, name) is None
