"""Bylines: what is a field, what only looks like one, and what is left."""

import json
from pathlib import Path

import pytest

from aggregator.model.entry import Byline, Link
from aggregator.text.byline import extract
from aggregator.text.byline_related import MAX_RELATED
from aggregator.text.dateline import dateline
from aggregator.text.html import plain_text

VARIANTS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "noisy" / "variants.json"
BASE = "https://paper.example/node/1"

STORY = "<p>LAGOS, Nigeria: The harbour reopened on Monday after two days of fog.</p>"


@pytest.mark.skipif(not VARIANTS.exists(), reason="the collected markups lie in ../shared, which is not here")
def test_every_collected_markup_becomes_fields_and_every_false_friend_stays() -> None:
    for variant in json.loads(VARIANTS.read_text("utf-8")):
        for html in (variant["html"], variant["flattened"]):
            byline, left = extract(html, base_url=BASE)
            assert plain_text(left).startswith(variant["clean_lead_should_start"])
            if variant["variant"].startswith("false_friend"):
                assert left == html
                assert byline == Byline(dateline=byline.dateline)
                continue
            assert byline == Byline(
                author="AFP",
                source_id="1550642699890643100",
                dated="Wed, 2019-02-20 05:59",
                categories=("World", "Middle-East") if "category" in variant["variant"] else (),
                dateline="BAMAKO, Mali",
            )


def test_fields_of_drupal_7() -> None:
    html = (
        '<div class="field field-name-field-author field-label-above"><div class="field-label">Author:&nbsp;</div><div class="field-items">'
        '<div class="field-item even">Ada Obi</div><div class="field-item odd">Ben Eze</div></div></div>'
        '<div class="field field-name-field-main-category"><div class="field-label">Main category:&nbsp;</div><div class="field-items">'
        '<div class="field-item even"><a href="/c/1">Trade</a></div><div class="field-item odd"><a href="/c/2">Ports</a></div></div></div>'
        '<div class="field field-name-field-related-stories"><div class="field-label">Related:</div><ul><li><a href="/node/2">Fog closes the airport as well</a></li>'
        '<li><a href="https://paper.example/node/3">Fishermen wait</a></li></ul></div>'
        f'<div class="field field-name-body"><div class="field-items"><div class="field-item">{STORY}</div></div></div>'
    )
    byline, left = extract(html, base_url=BASE)
    assert byline == Byline(
        author="Ada Obi, Ben Eze",
        categories=("Trade", "Ports"),
        related=(
            Link(url="https://paper.example/node/2", text="Fog closes the airport as well"),
            Link(url="https://paper.example/node/3", text="Fishermen wait"),
        ),
        dateline="LAGOS, Nigeria",
    )
    assert plain_text(left) == plain_text(STORY)


def test_fields_without_classes_inside() -> None:
    html = (
        '<div class="field field-name-field-author"><h2 class="field-label">Author: </h2><ul class="links"><li>Ada Obi</li></ul></div>'
        '<div class="field field-name-field-id"><div>ID:&nbsp;</div>77123</div><div class="field field-name-post-date">Mon, 2024-05-06 07:08</div>'
        + STORY
    )
    byline, left = extract(html)
    assert byline == Byline(
        author="Ada Obi", source_id="77123", dated="Mon, 2024-05-06 07:08", dateline="LAGOS, Nigeria"
    )
    assert left == STORY


def test_fields_of_drupal_8_and_of_views() -> None:
    twig = f'<div class="field field--name-field-byline field--label-inline"><div class="field__label">By:</div><div class="field__item">Ada Obi</div></div><span class="field field--name-created">Mon, 2024-05-06 07:08</span>{STORY}'
    views = f'<div class="views-field views-field-field-author"><span class="views-label">By: </span><span class="field-content">Ada Obi</span></div><div class="views-field views-field-created"><span class="field-content">Mon, 2024-05-06 07:08</span></div>{STORY}'
    expected = Byline(author="Ada Obi", dated="Mon, 2024-05-06 07:08", dateline="LAGOS, Nigeria")
    assert extract(twig) == extract(views) == (expected, STORY)


def test_a_field_we_do_not_know_stays() -> None:
    html = (
        '<div class="field field-name-field-mood"><div class="field-label">Mood:</div><div class="field-item">foggy</div></div>'
        + STORY
    )
    assert extract(html) == (Byline(), html)


def test_a_field_that_holds_a_whole_text_is_no_author() -> None:
    html = f'<div class="field field-name-field-author"><div class="field-item">{"word " * 100}</div></div>'
    assert extract(html) == (Byline(), html)


def test_a_date_without_digits_is_none() -> None:
    html = '<span class="field field--name-created">soon</span>'
    assert extract(html) == (Byline(), html)


def test_a_field_inside_a_field_is_read_once() -> None:
    html = '<div class="views-field views-field-field-author"><div class="field field-name-field-author"><div class="field-item">Ada Obi</div></div></div>rest'
    assert extract(html) == (Byline(author="Ada Obi"), "rest")


@pytest.mark.parametrize(
    ("html", "byline", "left"),
    [
        ("Author: Ada ObiID: 77123Mon, 2024-05-06 07:08 The fog lifted.", Byline(author="Ada Obi", source_id="77123", dated="Mon, 2024-05-06 07:08"), "The fog lifted."),
        ("Author: Ada ObiMain category: TradeWest-AfricaMon, 2024-05-06 07:08 The fog lifted.", Byline(author="Ada Obi", categories=("Trade", "West-Africa"), dated="Mon, 2024-05-06 07:08"), "The fog lifted."),
        ("Author: Mon, 2024-05-06 07:08 The fog lifted.", Byline(dated="Mon, 2024-05-06 07:08"), "The fog lifted."),
        ("<p>Author: Ada &amp; Ben</p><p>ID: 77123</p><p>The fog lifted.</p>", Byline(author="Ada & Ben", source_id="77123"), "<p>The fog lifted.</p>"),
        ("ID: 77123<br />Author: Ada Obi<br />The fog lifted.", Byline(author="Ada Obi", source_id="77123"), "The fog lifted."),
        ("Author: Ada Obi\nID: 77123\nMonday, May 6, 2024 - 07:08\nThe fog lifted.", Byline(author="Ada Obi", source_id="77123", dated="Monday, May 6, 2024 - 07:08"), "The fog lifted."),
        ("Author: Ada ObiMon, 05/06/2024 - 07:08The fog lifted.", Byline(author="Ada Obi", dated="Mon, 05/06/2024 - 07:08"), "The fog lifted."),
    ],
)  # fmt: skip
def test_fields_that_lost_their_markup(html: str, byline: Byline, left: str) -> None:
    assert extract(html) == (byline, left)


@pytest.mark.parametrize(
    "html",
    [
        "Author: Ada Obi", "Author: Ada Obi. She wrote ID: 5 as well.", "By: the harbour, a walk", "ID: 77123 is the number to call", "Mon, 2024-05-06 07:08 The fog lifted.",
        "The Author: Ada ObiID: 77123Mon, 2024-05-06 07:08", "<p>Text.</p><p>Related: nothing</p>", "<p>Related:</p>", "", "<", "Author:", "Main category: ",
        '<p>Text.</p><p>Read more: <a href="/node/1">Continue reading</a></p>', '<p>Text.</p><p><a href="/node/1">Read more</a></p>', '<p>Related: <a href="/node/2">Fog closes the airport</a></p><p>The end of the text.</p>',
        '<p>Text.</p><p>Related: <a href="javascript:x">Fog closes the airport</a></p>',
    ],
)  # fmt: skip
def test_what_only_looks_like_a_field_stays_byte_for_byte(html: str) -> None:
    assert extract(html, base_url=BASE) == (Byline(), html)


@pytest.mark.parametrize(
    "block",
    [
        '<p><strong>Related:</strong></p><ul><li><a href="/node/2">Fog closes the airport</a></li><li><a href="/node/3">Fishermen wait for days</a></li></ul>',
        '<h3>Related links</h3><p><a href="/node/2">Fog closes the airport</a><br><a href="/node/3">Fishermen wait for days</a></p>',
        '<p>Read more: <a href="/node/2">Fog closes the airport</a>, <a href="/node/3">Fishermen wait for days</a></p>',
        '<div><div><b>See also</b> <a href="/node/2">Fog closes the airport</a></div></div><div><a href="/node/3">Fishermen wait for days</a></div>\n',
    ],
)
def test_a_labelled_list_of_links_at_the_end_is_related(block: str) -> None:
    byline, left = extract("<p>The fog lifted.</p>" + block, base_url=BASE)
    assert [(link.url, link.text) for link in byline.related] == [
        ("https://paper.example/node/2", "Fog closes the airport"),
        ("https://paper.example/node/3", "Fishermen wait for days"),
    ]
    assert left == "<p>The fog lifted.</p>"


@pytest.mark.parametrize(
    ("html", "place"),
    [
        ("LAGOS: The harbour", "LAGOS"), ("LAGOS/ACCRA: The harbour", "LAGOS/ACCRA"), ("<p>&nbsp;<b>NEW DELHI, India</b>: The", "NEW DELHI, India"), ("ACCRA (Wire) - The", "ACCRA"),
        ("ACCRA, May 6 (Wire) — The", "ACCRA"), ("SÃO PAULO – The", "SÃO PAULO"), ("PORT-AU-PRINCE, Haiti: The", "PORT-AU-PRINCE, Haiti"), ("ST. JOHN'S: The", "ST. JOHN'S"),
    ],
)  # fmt: skip
def test_a_dateline_is_noted(html: str, place: str) -> None:
    assert dateline(html) == place
    assert extract(html)[1] == html


@pytest.mark.parametrize(
    "html",
    [
        "UPDATE: The harbour",
        "EU: The harbour",
        "The harbour: open",
        "LAGOS The harbour",
        "",
        "A: b",
        "WATCH LIVE: it",
        "NOTES FROM THE HARBOUR: The fog",
        "ADA OBI: The fog",
        "LAGOS:no space",
        "1999: A year",
    ],
)
def test_what_is_no_dateline(html: str) -> None:
    assert dateline(html) is None


@pytest.mark.parametrize(
    "html",
    [
        '<div class="field-name-field-author">' * 12_000, '<div class="field-name-field-author">x</div>' * 12_000, '<a class="field-name-id" ' + "a " * 240_000, "Author: " * 60_000,
        "Author: " + "x" * 500_000, "Author:" + "&nbsp;" * 80_000 + "ID: 5", "<p>" * 160_000 + "Author: x", "<p>Related:</p>" * 30_000, "<b>Related:</b><a href=/x>a b c</a>" * 14_000,
        "<b>Related:</b>" + "<a href=/x>a b c</a>" * 20_000, "A" * 500_000, "A B/" * 120_000, "LAGOS, " * 70_000, "<" * 500_000, '<p class="field-name-created">1' * 15_000, "ID:" + " " * 499_000,
    ],
)  # fmt: skip
def test_half_a_megabyte_of_anything_is_survived(html: str) -> None:
    byline, left = extract(html, base_url=BASE)
    assert len(left) <= 2 * len(html)
    assert len(byline.related) <= MAX_RELATED
    assert all(len(value) < 10_000 for value in (byline.author or "", byline.source_id or ""))
