"""What a copy of the site is made of: names of files, links, and what is part."""

from itertools import pairwise

import pytest

from aggregator.model.query import Cursor
from aggregator.web.export.addresses import Address, Place, item_of, place_of
from aggregator.web.export.links import in_document, in_page, relative, within
from aggregator.web.export.plan import REACH, Plan
from tests.factories import NOON
from tests.published import make_site

MARK = str(Cursor(listed_at=NOON, id=50))


def at(path: str, query: str = "", number: int = 1) -> Place:
    return Place(address=Address(path=path, number=number), query=query, depth=number)


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("", "index.html"),
        ("stories", "stories.html"),
        ("entries/5", "entries/5.html"),
        ("categories/middle-east", "categories/middle-east.html"),
        ("digests/2018-09-02", "digests/2018-09-02.html"),
        ("digests/weekly", "digests/weekly.html"),
        ("digests/weekly.atom", "digests/weekly.atom"),
        ("digests/weekly/2018-09-02", "digests/weekly/2018-09-02.html"),
        ("feeds/arab-news/icon", "feeds/arab-news/icon.svg"),
        ("feed.atom", "feed.atom"),
        ("stories/5.json", "stories/5.json"),
        ("feeds.opml", "feeds.opml"),
        ("static/style.css", "static/style.css"),
    ],
)
def test_an_address_has_a_file(path: str, file: str) -> None:
    found = place_of(path, "", on=at(""))
    assert found is not None
    assert found.address.file == file


@pytest.mark.parametrize(
    "path",
    [
        "search",
        "search.atom",
        "media/abc/x",
        "healthz",
        "metrics",
        "websub/x",
        "robots.txt",
        "favicon.ico",
        "404",
        "a//b",
        "../x",
        "stories/..",
        "entries/.5",
        "categories/%2e%2e",
        "categories/a b",
        "Stories",
        "index",
        "digests/today",
        "digests/weekly/today",
        "x" * 101,
    ],
)
def test_what_needs_the_program_and_what_is_no_name_have_none(path: str) -> None:
    assert place_of(path, "", on=at("")) is None


@pytest.mark.parametrize(
    ("path", "query", "on", "file"),
    [
        ("", f"after={MARK}", at(""), "index.2.html"),
        ("stories", f"after={MARK}", at("stories", "after=x", number=4), "stories.5.html"),
        ("stories", "", at("stories", "after=x", number=4), "stories.html"),
        ("feeds", "after=arab-news", at("feeds"), "feeds.2.html"),
        ("feed.json", f"after={MARK}", at("feed.json"), "feed.2.json"),
        ("digests", "before=2018-09-02", at("digests"), "digests.2.html"),
        ("digests/weekly.rss", "before=2018-09-02", at("digests/weekly.rss"), "digests/weekly.2.rss"),
        ("feed.json", "after=x", at("feed.json", "after=x", number=3), "feed.3.json"),
        ("feeds/a.atom", f"archive={MARK}", at("feeds/a.atom"), "feeds/a.1773144000-50.atom"),
        ("static/style.css", "v=123", at("stories/5"), "static/style.css"),
    ],
)
def test_later_pages_are_numbered_and_archives_named_by_their_marks(
    path: str, query: str, on: Place, file: str
) -> None:
    found = place_of(path, query, on=on)
    assert found is not None
    assert found.address.file == file


@pytest.mark.parametrize(
    ("query", "file"),
    [
        ("window=7d", "index.window-7d.html"),
        ("window=7d&category=world", "index.category-world.window-7d.html"),
        ("category=world&window=7d", "index.category-world.window-7d.html"),
        ("window=1.2", None),
        ("window=../x", None),
        ("window=7d&q=x", None),
    ],
)
def test_front_pages_that_are_chosen_are_files_of_their_own(query: str, file: str | None) -> None:
    found = place_of("", query, on=at(""))
    assert (found.address.file if found else None) == file


def test_a_link_into_the_middle_of_another_list_leads_to_its_beginning() -> None:
    assert place_of("categories/world", f"after={MARK}", on=at("")) == at("categories/world")
    assert place_of("", f"after={MARK}", on=at("digests/2018-09-02")) == at("")


@pytest.mark.parametrize("path", ["digests", "digests/weekly", "digests.atom"])
def test_what_is_new_since_a_time_is_among_all_digests(path: str) -> None:
    assert place_of(path, "since=2018-09-02T03:00:00Z", on=at("digests/2018-09-02")) == at(path)
    assert place_of("stories", "since=2018-09-02T03:00:00Z", on=at("")) is None
    assert place_of(path, "since=2018-09-02T03:00:00Z&q=x", on=at("")) is None


@pytest.mark.parametrize("query", ["category=World", "after=a&state=failing", "archive=../../x", "q=x"])
def test_a_question_is_no_file(query: str) -> None:
    assert place_of("feeds", query, on=at("feeds")) is None


def test_files_of_entries_stories_and_digests_are_known_again() -> None:
    assert item_of("entries/5.html") == at("entries/5")
    assert item_of("stories/7.html") == at("stories/7")
    assert item_of("digests/2018-09-02.html") == at("digests/2018-09-02")
    assert item_of("digests/weekly/2018-09-02.html") == at("digests/weekly/2018-09-02")
    assert [item_of(name) for name in ("stories.2.html", "stories/7.atom", "feeds/5.html", "entries/x.html")] == [
        None
    ] * 4
    assert [item_of(name) for name in ("digests.2.html", "digests/weekly.html", "digests/weekly.2.html")] == [None] * 3


@pytest.mark.parametrize(
    ("file", "beside", "link"),
    [
        ("index.html", "index.html", "index.html"),
        ("index.html", "feeds/a/icon.svg", "../../index.html"),
        ("stories/5.html", "stories/6.html", "5.html"),
        ("static/style.css", "entries/5.html", "../static/style.css"),
    ],
)
def test_links_are_relative(file: str, beside: str, link: str) -> None:
    assert relative(file, beside=beside) == link


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("/daily/", ""),
        ("/daily/stories/5#coverage", "stories/5"),
        ("https://news.example/daily/stories/5", "stories/5"),
        ("https://news.example/other", None),
        ("https://evil.example/daily/", None),
        ("//evil.example/daily/", None),
        ("/dailyx", None),
        ("#content", None),
        ("mailto:a@b.example", None),
    ],
)
def test_a_link_into_the_site_is_told_from_others(link: str, path: str | None) -> None:
    found = within(make_site(url="https://news.example/daily/"), link)
    assert (found.path if found else None) == path


def test_only_links_of_a_page_change() -> None:
    page = """<!doctype html><p title="see href=" class="/a">type href="/a" or &lt;a href="/a"&gt;</p>
<a href="/a?x=1&amp;y=2" rel="next">a</a><img src="/b" alt="href"><a href="https://other.example/a">c</a><form action="/c">"""
    changed = in_page(page, make_site(), lambda link: f"{link.path}.html{'?' if link.query else ''}{link.query}")
    assert changed == page.replace('<a href="/a?', '<a href="a.html?').replace('"/b"', '"b.html"').replace(
        'action="/c"', 'action="c.html"'
    )


def test_what_continues_a_document_and_is_no_file_is_taken_out() -> None:
    site = make_site()
    atom = """<?xml-stylesheet type="text/css" href="/static/feed.css"?>
<feed>
 <link rel="self" href="https://news.example/feed.atom" />
 <link rel="prev-archive" href="https://news.example/feed.atom?archive=x" />
 <category scheme="https://news.example/categories/" />
 <content>&lt;a href="https://news.example/entries/5"&gt; https://evil.example/?https://news.example/entries/5</content>
</feed>"""
    files = {"feed.atom": "https://copy.example/feed.atom", "entries/5": "https://copy.example/entries/5.html"}
    changed = in_document(
        atom, site, lambda link: None if link.query else files.get(link.path), style=lambda link: f"../{link.path}"
    )
    assert (
        changed
        == """<?xml-stylesheet type="text/css" href="../static/feed.css"?>
<feed>
 <link rel="self" href="https://copy.example/feed.atom" />
 <category scheme="https://news.example/categories/" />
 <content>&lt;a href="https://copy.example/entries/5.html"&gt; https://evil.example/?https://news.example/entries/5</content>
</feed>"""
    )


def test_the_next_page_of_a_json_feed_goes_likewise() -> None:
    text = '{\n "feed_url": "https://news.example/feed.json",\n "next_url": "https://news.example/feed.json?after=x",\n "a": 1\n}'
    kept = in_document(text, make_site(), lambda _: "https://c.example/2", style=lambda _: None)
    assert '"next_url": "https://c.example/2"' in kept
    gone = in_document(text, make_site(), lambda _: None, style=lambda _: None)
    assert gone == '{\n "feed_url": "https://news.example/feed.json",\n "a": 1\n}'


def test_lists_come_before_what_they_list_and_documents_last() -> None:
    plan = Plan()
    plan.begin(at("feed.atom"))
    plan.begin(at(""))
    assert plan.next() == at("")
    for found in (at("entries/5"), at("digests/2018-09-02"), at("stories")):
        assert plan.follow(found, on=at("")) == found.address
    order = [place.address.path for place in iter(plan.next, None)]
    assert order == ["stories", "digests/2018-09-02", "entries/5", "feed.atom"]


def test_an_address_is_given_out_once_however_often_it_is_linked() -> None:
    plan = Plan()
    plan.begin(at("entries/5"), distance=REACH)
    plan.begin(at(""))
    plan.next()
    plan.follow(at("entries/5"), on=at(""))
    plan.follow(at("entries/5"), on=at(""))
    assert [place.address.path for place in iter(plan.next, None)] == ["entries/5"]
    assert (plan.given, plan.size) == (2, 2)


def test_entries_are_followed_a_few_links_away_from_a_list() -> None:
    plan = Plan(reach=2)
    plan.begin(at(""))
    plan.next()
    chain = [at(""), *(at(f"entries/{number}") for number in range(1, 4))]
    followed = [plan.follow(found, on=on) is not None for on, found in pairwise(chain)]
    assert followed == [True, True, False]
    assert plan.follow(at("entries/1"), on=at("entries/2")) == Address(path="entries/1"), "it is part already"


def test_lists_and_histories_are_followed_for_so_many_pages() -> None:
    plan = Plan(pages=2)
    plan.begin(at("stories"))
    plan.begin(at("feed.atom"))
    assert plan.follow(at("stories", number=2), on=at("stories"))
    assert plan.follow(at("stories", number=3), on=at("stories", number=2)) is None
    assert plan.follow(at("feed.atom", number=2), on=at("feed.atom"))
    assert plan.follow(at("feed.atom", number=3), on=at("feed.atom", number=2)) is None


def test_documents_mention_pages_and_make_none_part() -> None:
    plan = Plan()
    plan.begin(at("feed.atom"))
    plan.begin(at("entries/5"))
    assert plan.follow(at("entries/5"), on=at("feed.atom")) == Address(path="entries/5")
    assert plan.follow(at("entries/6"), on=at("feed.atom")) is None
    assert plan.follow(at("static/feed.css"), on=at("feed.atom")) == Address(path="static/feed.css")


def test_digests_are_part_when_a_list_names_them() -> None:
    day, before, kept = at("digests/2018-09-02"), at("digests/2018-09-01"), at("digests/2018-08-31")
    plan = Plan()
    plan.begin(at("digests"))
    plan.begin(kept, distance=REACH)
    assert plan.follow(day, on=at("digests")) == day.address
    assert plan.follow(before, on=day) is None
    assert plan.follow(before, on=at("digests")) == before.address
    assert plan.follow(before, on=day) == before.address
    assert plan.follow(kept, on=before) == kept.address
