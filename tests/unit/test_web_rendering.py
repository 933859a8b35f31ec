import re
from datetime import timedelta
from importlib.resources import files

import jinja2
import pytest

from aggregator.model.entry import SafeHtml
from aggregator.web.rendering import Templates, clean, earlier_headlines, other_publishers, other_voices, static_file
from tests.factories import NOON
from tests.published import make_entry, make_published, make_site, make_story

TEMPLATES = {each.name: each.read_text("utf-8") for each in files("aggregator.web").joinpath("templates").iterdir()}


def test_a_value_that_was_forgotten_is_an_error_and_no_gap() -> None:
    with pytest.raises(jinja2.UndefinedError):
        Templates(make_site()).render("error.html", categories=(), twins=())


def test_values_are_escaped() -> None:
    page = Templates(make_site()).render(
        "error.html", categories=("<b>",), twins=(), status=400, phrase="Bad", sentence="<script>"
    )
    assert "<script>" not in page
    assert page.count("<script") == 1, "the site's own"
    assert "&lt;script&gt;" in page
    assert "&lt;b&gt;" in page


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a27_a_template_has_no_way_around_escaping_no_script_and_no_style_of_its_own(name: str) -> None:
    text = TEMPLATES[name].replace('<script src="{{ script }}" defer></script>', "")
    assert not re.search(r"\|\s*safe\b|autoescape|Markup|<script|<style|\sstyle=|\son[a-z]+=|javascript:", text)


def test_a27_the_one_script_makes_no_markup_of_texts_and_asks_nobody_but_this_site() -> None:
    text = static_file("enhance.js").decode()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|https?:", text)
    assert re.findall(r"fetch\(([^)]*)", text) == [
        "`${fresh.dataset.count}?at=${encodeURIComponent(fresh.dataset.since"
    ]


def test_what_others_say_is_the_first_of_each_but_who_leads() -> None:
    first, again = make_entry(1, publisher="A"), make_entry(2, publisher="B")
    entries = [first, again, make_entry(3, publisher="B"), make_entry(4, publisher="A"), make_entry(5, publisher="C")]
    assert [entry.id for entry in other_voices(make_story(1, *entries).story)] == [2, 5]


def test_only_the_text_of_an_entry_is_let_through_as_html() -> None:
    found = [(name, said) for name, text in TEMPLATES.items() for said in re.findall(r"([\w.]+)\s*\|\s*clean\b", text)]
    assert found == [("entry.html", "full_text.html"), ("entry.html", "entry.body")]


def test_every_link_to_the_outside_keeps_the_reader_s_page_to_itself() -> None:
    for text in TEMPLATES.values():
        for address in re.findall(r'<a[^>]*href="\{\{ ([^}]*)', text):
            assert address.startswith(("link(", "address", "url")), address
    assert 'rel="noopener noreferrer"' in TEMPLATES["lists.html"]


def test_pages_show_no_images_of_third_parties() -> None:
    assert "<img" not in clean(SafeHtml('<p>a<img src="https://tracker.example/1.gif">b</p>'))


def test_a_list_names_each_other_publisher_once_and_the_own_one_with_its_feed() -> None:
    also = [
        make_entry(2, publisher="Reuters", feed_title="Reuters World"),
        make_entry(3, publisher="Reuters", feed_title="Reuters Asia"),
        make_entry(4, publisher="Example", feed_title="Sport"),
        make_entry(5, publisher="Example", feed_title="Culture"),
    ]
    named = other_publishers(make_published(make_entry(publisher="Example"), also=also))
    assert [(name, entry.id) for name, entry in named] == [("Reuters", 2), ("Example (Sport)", 4)]


def test_earlier_headlines_are_those_that_differ_from_the_next_one() -> None:
    revisions = [("B", NOON), ("A", NOON - timedelta(hours=1)), ("A", NOON - timedelta(hours=2)), ("", NOON)]
    assert earlier_headlines("B", revisions) == [("A", NOON - timedelta(hours=1))]
