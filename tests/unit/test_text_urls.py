"""Addresses: which ones are let through, and which ones are the same article."""

import re

import pytest

from aggregator.text.urls import MAX_LENGTH, article_key, canonical, host, host_and_port, origin, slug, web_url

BASE = "https://news.example/world/index.html"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://news.example/a", "https://news.example/a"),
        ("  \n https://news.example/a\r\n\t", "https://news.example/a"),
        ("HTTP://News.EXAMPLE:80/A?b#c", "http://news.example/A?b#c"),
        ("https://news.example:8443/", "https://news.example:8443/"),
        ("http://news.example:59999", "http://news.example:59999"),
        ("http://news.example:60000/?a", "http://news.example:60000/?a"),
        ("http://news.example:08080/", "http://news.example:8080/"),
        ("http://h.example/a b\"<'>`", "http://h.example/a%20b%22%3C%27%3E%60"),
        ("http://h.example/%20%zz?a=%41", "http://h.example/%20%zz?a=%41"),
        ("https://bücher.example/ä?ö#ü", "https://xn--bcher-kva.example/%C3%A4?%C3%B6#%C3%BC"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("http://under_score.example/", "http://under_score.example/"),
    ],
)
def test_a_web_address_comes_out_in_its_strict_spelling(text: str, expected: str) -> None:
    assert web_url(text) == expected
    assert web_url(expected) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("story", "https://news.example/world/story"),
        ("/story?q=1", "https://news.example/story?q=1"),
        ("//cdn.example/i.png", "https://cdn.example/i.png"),
        ("#top", "https://news.example/world/index.html#top"),
        ("\\\\evil.example\\x", "https://news.example/world/%5C%5Cevil.example%5Cx"),
        ("/\\evil.example", "https://news.example/%5Cevil.example"),
    ],
)
def test_a_relative_address_is_resolved(text: str, expected: str) -> None:
    assert web_url(text, base=BASE) == expected
    assert web_url(text) is None


@pytest.mark.parametrize(
    "text",
    [
        None, "", "   ", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:x", "\x01javascript:x",
        "data:text/html,x", "vbscript:x", "file:///etc/passwd", "ftp://h.example/x", "mailto:a@b.example", "tel:1", "about:blank", "magnet:?x",
        "http://", "http:///x", "http://user:pass@h.example/", "http://user@h.example/", "http://@h.example/", "http://[bad", "http://h.example:99999/",
        "http://h.example:x/", "http://a b/", "http://h\\@evil.example/", "http://ex%41mple.com/", "http://" + "a" * 300 + ".example/",
        "http://h.example/\ud800", "http://h.example/a\u2028b", "http://h.example/" + "a" * MAX_LENGTH, "http://h.example/" + "ä" * (MAX_LENGTH // 2), "http://-", "http://..",
    ],
)  # fmt: skip
def test_a07_a29_what_is_no_web_address_is_none(text: str | None) -> None:
    assert web_url(text) is None
    assert web_url(text, base="http://[bad") is None


def test_half_a_megabyte_is_no_address_and_has_a_bounded_slug() -> None:
    for text in ("a" * 500_000, "http://" + "ä." * 250_000, "%" * 500_000, "http://h.example/?" + "&" * 500_000):
        assert web_url(text, base=BASE) is None
        assert len(slug(text)) <= 80
        assert article_key(text) is None
        assert len(canonical(text)) <= len(text)


@pytest.mark.parametrize(
    "variant",
    [
        "http://news.example/story-1",
        "https://www.news.example/story-1/",
        "https://m.news.example/story-1",
        "https://amp.news.example/story-1/amp/",
        "https://NEWS.example:443/story-1#comments",
        "https://news.example./story-1/index.html",
        "https://news.example/%73tory-1",
        "https://news.example/story-1?utm_source=rss&utm_medium=feed",
        "https://news.example/story-1?at_medium=RSS&at_campaign=KARANGA",
        "https://news.example/story-1?ns_mchannel=rss&CMP=Share_iOS&fbclid=x",
        "https://news.example/story-1?at_link_origin=BBCWorld&at_ptr_name=twitter&at_custom2=twitter&at_bbc_team=editorial",
        "https://news.example/story-1?pk_campaign=feed&pk_kwd=harbour&mtm_group=x&hsa_acc=1",
        "https://news.example/story-1?ref=rss&mod=rss_markets_main",
        "https://news.example/story-1#xtor=RSS-3208",
        "https://news.example/story-1#more-17",
    ],
)
def test_addresses_of_one_article_have_one_key(variant: str) -> None:
    assert canonical(variant) == "news.example/story-1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/story?id=1", "https://news.example/story?id=2"),
        ("https://news.example/story?ts=1", "https://news.example/story?ts=2"),
        ("https://news.example/article.php?at_id=5", "https://news.example/article.php?at_id=6"),
        ("https://news.example/article.php?pk_id=5", "https://news.example/article.php?pk_id=6"),
        ("https://news.example/article.php?ns_id=5", "https://news.example/article.php?ns_id=6"),
        ("https://news.example/Story", "https://news.example/story"),
        ("https://news.example/#!/1", "https://news.example/#!/2"),
        ("https://news.example/#/1", "https://news.example/#/2"),
        ("https://news.example/2026/03/10#harbour", "https://news.example/2026/03/10#airport"),
        ("https://news.example/story?ref=42", "https://news.example/story"),
        ("https://de.news.example/story", "https://news.example/story"),
        ("https://m.example/story", "https://example/story"),
        ("https://news.example:8443/story", "https://news.example/story"),
        ("https://news.example/a%2Fb", "https://news.example/a/b"),
        ("https://news.example/ramp", "https://news.example/r"),
        ("http://feedproxy.example/~r/x/~3/abc/", "http://feedproxy.example/~r/x/~3/abd/"),
    ],
)
def test_two_articles_never_share_a_key(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_the_order_of_parameters_does_not_matter() -> None:
    assert (
        canonical("https://x.example/?b=2&a=1&utm_id=3")
        == canonical("https://x.example/?a=1&&b=2")
        == "x.example?a=1&b=2"
    )


@pytest.mark.parametrize(
    "url",
    [None, "", "nonsense", "mailto:a@b.example", "https://news.example", "https://www.news.example/", "https://news.example/index.php", "https://news.example/?utm_source=rss", "https://news.example/en/", "https://news.example/pt-br", "https://news.example/#top"],
)  # fmt: skip
def test_a_front_page_names_no_article(url: str | None) -> None:
    assert article_key(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/?p=12",
        "https://news.example/a-story",
        "https://news.example/en/a-story",
        "https://news.example/#!/x",
    ],
)
def test_an_article_has_a_key(url: str) -> None:
    assert article_key(url) == canonical(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://news.example/a", "news.example:443"),
        ("http://news.example", "news.example:80"),
        ("http://news.example:8080/?a", "news.example:8080"),
        ("https://News.example:0443/", "news.example:443"),
        ("http://[::1]:65535/x", "[::1]:65535"),
        ("http://news.example:65536/", "http://news.example:65536/"),
        ("mailto:a@news.example", "mailto:a@news.example"),
    ],
)
def test_a_server_is_named_by_host_and_port_however_its_address_is_spelt(url: str, expected: str) -> None:
    assert host_and_port(url) == expected


def test_host_and_origin() -> None:
    assert host("https://News.example:8443/x") == "news.example"
    assert host("http://[bad") == host("") == ""
    assert origin("https://News.example:443/x") == "https://news.example"
    assert origin("http://localhost:8000") == "http://localhost:8000"
    assert origin("javascript:x") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Middle East", "middle-east"), ("Économie & Société", "economie-societe"), ("  --A--  ", "a"), ("24/7", "24-7")],
)
def test_a_slug_reads_like_its_text(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_slugs_of_different_texts_differ_where_letters_have_no_latin_spelling() -> None:
    texts = [
        "",
        "!",
        "العالم",
        "اقتصاد",
        "Мир 24",
        "Дом 24",
        "24",
        "a" * 80,
        "a" * 81,
        "a" * 82,
        "../etc",
        "x" * 400 + "1",
        "x" * 400 + "2",
    ]
    slugs = {slug(text) for text in texts}
    assert len(slugs) == len(texts)
    assert all(re.fullmatch("[a-z0-9-]{1,80}", made) for made in slugs)
