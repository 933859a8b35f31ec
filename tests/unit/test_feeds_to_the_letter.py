"""Every published feed, over a real database and through ASGI: its document by the grammars, its headers by RFC 9110."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from aggregator.model.digest import Digest
from aggregator.model.entry import Enclosure
from aggregator.ports import Transaction
from aggregator.publish import atom, jsonfeed, rss
from aggregator.web.headers import ARCHIVE_AGE, FEED_AGE
from aggregator.web.pages.digest_documents import DIGESTS
from tests import letter
from tests.digest_archive import days_of_digests
from tests.digest_made import make_digest, whole_digest
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import POLLED, Newsroom, fill, newsroom
from tests.told import Told, tell
from tests.unit.test_web_problems import GONE

pytestmark = pytest.mark.anyio

SITE = "https://news.example"
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
SUFFIXES = {"atom": atom.MEDIA_TYPE, "rss": rss.MEDIA_TYPE, "json": jsonfeed.MEDIA_TYPE}
LISTS = [
    *("/feed", "/categories/world", "/feeds/other", "/stories", "/stories/1", "/feeds/problems"),
    *("/digests", "/digests/evening"),
    *("/search?q=chiefs", '/search?q="military+chiefs"+%26+<b>', "/search?q=nothing"),
]
HARD = 'The </b> & "week" \x85 of <i>Beirut</i>'
SEVERAL_BUNDLES = 120
"""Entries: some of them are in archives, and lists have a next page."""


def address(path: str, suffix: str) -> str:
    path, mark, query = path.partition("?")
    return f"{path}.{suffix}{mark}{query}"


EVERY = [(address(path, suffix), suffix) for path in LISTS for suffix in SUFFIXES]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


async def filled(room: Newsroom) -> None:
    await fill(room)
    feeds = [overview.feed for overview in await room.store.read(lambda tx: tx.feeds.overview())]
    await room.configure(*feeds, make_feed("gone", title="Tags & <b>more</b>", category="R&D; 1&1"))
    await room.poll("gone", GONE)
    for digest in (whole_digest(), make_digest(day=date(2018, 9, 1)), make_digest(name="evening", title=HARD)):
        await room.store.write(partial(_sealed, digest))
    room.clock.move(timedelta(minutes=1))


def _sealed(digest: Digest, tx: Transaction) -> bool:
    return tx.digests.seal(digest, recipients=(), now=NOON)


async def long(room: Newsroom) -> None:
    await room.configure(make_feed(title="A feed"))
    await room.poll("news-example", POLLED)
    media = Enclosure(url="https://news.example/a.mp3", media_type="audio/mpeg", length=5)
    parsed = [
        make_parsed_entry(str(n), published_at=NOON - timedelta(minutes=n // 7), enclosures=[media])
        for n in range(SEVERAL_BUNDLES)
    ]
    await room.publish("news-example", *parsed)
    for name in ("daily", "evening"):
        for digest in days_of_digests(3 * DIGESTS, name=name):
            await room.store.write(partial(_sealed, digest))


@pytest.mark.parametrize(("path", "suffix"), EVERY)
async def test_every_document_is_valid_to_the_letter(room: Newsroom, path: str, suffix: str) -> None:
    await filled(room)
    response = await room.get(path)
    assert response.status_code == 200
    letter.check(suffix, response.content)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "path", ["/feed", "/categories/world", "/feeds/news-example", "/search?q=headline", "/digests", "/digests/evening"]
)
async def test_every_further_document_is_valid_and_names_itself(room: Newsroom, path: str, suffix: str) -> None:
    await long(room)
    seen, following = list[str](), address(path, suffix)
    while following:
        body = (await room.get(following)).content
        letter.check(suffix, body)
        assert self_of(body, suffix) == SITE + following
        seen.append(following)
        following = next_of(body, suffix)
    assert len(seen) == len(set(seen)) > 2


def self_of(body: bytes, suffix: str) -> str:
    if suffix == "json":
        return str(json.loads(body)["feed_url"])
    (link,) = [each for each in ET.fromstring(body).iter(f"{ATOM}link") if each.get("rel") == "self"][:1]
    return link.get("href", "")


def next_of(body: bytes, suffix: str) -> str:
    if suffix == "json":
        return str(json.loads(body).get("next_url", "")).removeprefix(SITE)
    links = [each for each in ET.fromstring(body).iter(f"{ATOM}link") if each.get("rel") in {"next", "prev-archive"}]
    return links[0].get("href", "").removeprefix(SITE) if links else ""


@pytest.mark.parametrize(("path", "suffix"), EVERY)
async def test_every_feed_answers_as_http_wants_it(room: Newsroom, path: str, suffix: str) -> None:
    await filled(room)
    first = await room.get(path, accept_encoding="identity")
    headers = first.headers
    assert headers["content-type"] == f"{SUFFIXES[suffix]}; charset=utf-8"
    assert headers["cache-control"] == f"public, max-age={FEED_AGE // timedelta(seconds=1)}"
    assert re.fullmatch(r'"[0-9a-f]+"', headers["etag"]), "a strong validator (RFC 9110 section 8.8.1)"
    assert headers["last-modified"] == "Tue, 10 Mar 2026 12:01:00 GMT"
    assert headers["content-length"] == str(len(first.content))
    assert (headers["vary"], headers["x-robots-tag"]) == ("Accept-Encoding", "noindex")
    room.clock.move(timedelta(hours=1))
    for condition in (
        {"if_none_match": headers["etag"]},
        {"if_none_match": f"W/{headers['etag']}"},
        {"if_modified_since": headers["last-modified"]},
        {"if_none_match": headers["etag"], "if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        again = await room.get(path, accept_encoding="identity", **condition)
        assert (again.status_code, again.content) == (304, b""), condition
        for name in ("etag", "last-modified", "cache-control", "vary"):
            assert again.headers[name] == headers[name]
    assert (await room.get(path, if_none_match='"other"')).status_code == 200


@pytest.mark.parametrize(("path", "suffix"), EVERY)
async def test_head_says_what_get_says_in_either_coding(room: Newsroom, path: str, suffix: str) -> None:
    await filled(room)
    for coding in ("identity", "gzip"):
        got = await room.get(path, accept_encoding=coding)
        head = await room.client.head(path, headers={"accept-encoding": coding})
        assert head.headers == got.headers
        assert head.content == b""


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("path", ["/feed", "/stories", "/stories/1"])
async def test_gzip_holds_the_same_bytes_under_a_tag_of_its_own(room: Newsroom, path: str, suffix: str) -> None:
    await filled(room)
    plain = await room.get(address(path, suffix), accept_encoding="identity")
    async with room.client.stream("GET", address(path, suffix), headers={"accept-encoding": "gzip"}) as packed:
        body = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize("suffix", ["atom", "rss"])
async def test_an_archive_leads_to_the_current_document_and_stays_a_day_in_caches(room: Newsroom, suffix: str) -> None:
    """RFC 5005 section 4."""
    await long(room)
    current = (await room.get(f"/feed.{suffix}")).content
    archive = await room.get(next_of(current, suffix))
    assert f"max-age={ARCHIVE_AGE // timedelta(seconds=1)}" in archive.headers["cache-control"]
    root = ET.fromstring(archive.content)
    assert [len(list(ET.fromstring(each).iter(f"{HISTORY}archive"))) for each in (current, archive.content)] == [0, 1]
    links = {each.get("rel"): each.get("href") for each in root.iter(f"{ATOM}link")}
    assert links["current"] == f"{SITE}/feed.{suffix}"


@pytest.mark.parametrize("suffix", ["atom", "rss"])
@pytest.mark.parametrize(("path", "complete"), [("/stories/1", 1), ("/stories", 0), ("/feed", 0)])
async def test_a_story_s_feed_is_complete_so_what_left_the_story_leaves_readers(
    room: Newsroom, path: str, complete: int, suffix: str
) -> None:
    """RFC 5005 section 2."""
    await filled(room)
    root = ET.fromstring((await room.get(address(path, suffix))).content)
    assert len(list(root.iter(f"{HISTORY}complete"))) == complete


@pytest.mark.parametrize("suffix", ["atom", "rss"])
async def test_a_story_s_feed_of_several_documents_is_not_called_complete(room: Newsroom, suffix: str) -> None:
    await room.configure(make_feed())
    parsed = [make_parsed_entry(str(n), published_at=NOON - timedelta(minutes=n)) for n in range(60)]
    ids = await room.publish("news-example", *parsed)
    await tell(room.store, Told(id=1, entries=ids))
    first = (await room.get(f"/stories/1.{suffix}")).content
    second = (await room.get(next_of(first, suffix))).content
    for body in (first, second):
        letter.check(suffix, body)
        assert not list(ET.fromstring(body).iter(f"{HISTORY}complete"))


async def test_entries_of_one_time_are_told_apart_in_the_order_they_came(room: Newsroom) -> None:
    """Readers that sort by `updated` put equal times into any order."""
    await long(room)
    root = ET.fromstring((await room.get("/feed.atom")).content)
    moments = [entry.findtext(f"{ATOM}updated") or "" for entry in root.findall(f"{ATOM}entry")]
    assert len(set(moments)) == len(moments)
    assert len({moment[:19] for moment in moments}) < len(moments)
    again = ET.fromstring((await room.get("/feeds/news-example.atom")).content)
    assert [entry.findtext(f"{ATOM}updated") for entry in again.findall(f"{ATOM}entry")] == moments


async def test_the_stylesheet_that_documents_name_is_there_and_allowed(room: Newsroom) -> None:
    response = await room.get("/feed.atom")
    found = re.search(r'<\?xml-stylesheet type="text/css" href="([^"]+)"\?>', response.text)
    assert found
    assert "style-src 'self'" in response.headers["content-security-policy"]
    style = await room.get(found[1])
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "feed > title" in style.text


async def test_a_digest_whose_title_looks_like_html_says_that_it_is_text(room: Newsroom) -> None:
    await filled(room)
    root = ET.fromstring((await room.get("/digests/evening.atom")).content)
    (title,) = root.findall(f"{ATOM}entry/{ATOM}title")
    assert title.get("type") == "html"
    assert (title.text or "").startswith("The &lt;/b&gt; &amp; ")
