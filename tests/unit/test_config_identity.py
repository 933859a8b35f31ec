"""The id that a feed gets from its address. These pairs are stored in databases: none of them may ever change."""

import pytest

from aggregator.config.identity import feed_id, host_name


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.arabnews.com/rss.xml", "arabnews-com"),
        ("http://arabnews.com/", "arabnews-com"),
        ("https://arabnews.com", "arabnews-com"),
        ("https://feeds.bbci.co.uk/news/world/rss.xml", "feeds-bbci-co-uk-news-world"),
        ("https://feeds.bbci.co.uk/news/rss.xml", "feeds-bbci-co-uk-news"),
        ("https://www.theguardian.com/world/rss", "theguardian-com-world"),
        ("https://example.org/feed/", "example-org"),
        ("https://example.org/index.xml", "example-org"),
        ("https://example.org/feed.json", "example-org"),
        ("https://example.org/blog/Atom.xml", "example-org-blog"),
        ("https://example.org/feed/?cat=3", "example-org-cat-3"),
        ("https://example.org/news.rss", "example-org-news"),
        ("https://example.org/rss.php?section=world&lang=en", "example-org-rss-php-section-world-lang-en"),
        ("http://127.0.0.2:8900/bbc.xml", "127-0-0-2-8900-bbc"),
        ("https://example.org/news#latest", "example-org-news"),
    ],
)
def test_an_id_is_host_telling_path_and_query(url: str, expected: str) -> None:
    assert feed_id(url) == expected


def test_long_addresses_that_differ_at_their_ends_differ_in_their_ids() -> None:
    address = "https://news.example/search?q=" + "word+" * 40
    one, other = feed_id(f"{address}&hl=en"), feed_id(f"{address}&hl=ar")
    assert one != other
    assert one.startswith("news-example-search-q-word-word")
    assert len(one) <= 80


def test_a_publisher_without_a_name_is_called_by_its_host() -> None:
    assert host_name("https://www.arabnews.com:8443/rss.xml") == "arabnews.com"
