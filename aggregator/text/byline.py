"""Bylines: labelled fields that a publisher's system printed into the description, back into fields.

Seen in the wild: feeds of Drupal sites (Arab News and others) whose description is the rendered node. Its author, id, date and
main category come first, and an aggregator that strips the tags shows `Author: AFPID: 1550642699890643100Wed, 2019-02-20 05:59
BAMAKO, Mali: ...` as the teaser of every entry. The rules rest on how the systems print fields:

- Drupal 7, `modules/field/theme/field.tpl.php`: `<div class="field field-name-field-author field-label-above">` around `.field-label` and
  `.field-item`; the zurb_foundation theme prints `<h2 class="field-label">` and a list, or bare text behind an unclassed label.
- Drupal 8 and later, `field.html.twig` (classy): `field--name-field-author`, `.field__label`, `.field__item`.
- Drupal Views, `views-view-fields.tpl.php`: `views-field views-field-field-author`, `.views-label`, `.field-content`.
- The same without its tags, as some feeds and most other aggregators pass it on.

A label alone is weak evidence ("Author: Julie Kalman" is a whole description somewhere), so a field needs its markup or, in text without
tags, a second field right beside it at the very beginning. The machine's own date format counts as a field: nobody writes prose in it.
What is not recognised stays where it is, byte for byte.
"""

import re
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.model.entry import Byline
from aggregator.text.byline_fields import take_fields
from aggregator.text.byline_flattened import from_flattened
from aggregator.text.byline_related import RELATED_LABEL, take_related
from aggregator.text.byline_tree import FIELD_MARKUP
from aggregator.text.dateline import dateline
from aggregator.text.html import MAX_LENGTH
from aggregator.text.markup import too_complex
from aggregator.text.words import xml_safe


def extract(html: str, *, base_url: str | None = None) -> tuple[Byline, str]:
    """Take labelled fields out of a description.

    Args:
        html: The description as the feed holds it, before sanitising: classes are the evidence.
        base_url: What related links are resolved against.

    Returns:
        The fields, and the HTML that is left: the very same string where no field was found. A dateline ("BAMAKO, Mali") is
        part of what the author wrote, so it is only noted and stays. The HTML that is left is no safer than it was.
    """
    if len(html) > MAX_LENGTH:
        return _NOTHING, html
    byline, rest = _NOTHING, html
    # All names of fields have "field-" in them: a search for the word is free, one for a word's beginning costs 25 us.
    if ("field-" in html and FIELD_MARKUP.search(html)) or RELATED_LABEL.search(html):
        byline, rest = _from_markup(html, base_url)
    if byline is _NOTHING or byline == _NOTHING:
        byline, rest = from_flattened(html)
    place = dateline(rest)
    return replace(byline, dateline=place) if place else byline, rest


_NOTHING = Byline()


def _from_markup(html: str, base_url: str | None) -> tuple[Byline, str]:
    legal = xml_safe(html)
    body = None if too_complex(legal) else LexborHTMLParser(f"<body>{legal}").body
    if body is None:
        return Byline(), html
    byline = take_fields(body)
    related = take_related(body, base_url)
    if byline == Byline() and not related:
        return byline, html
    return replace(byline, related=related), _left(body)


_EMPTY = re.compile(r"<(p|div|ul|ol|li|span|strong|b)\b[^<>]*+>(?:\s|&nbsp;)*+</\1>")
_LEVELS = 4


def _left(body: LexborNode) -> str:
    """Write the tree without the elements that taking fields out has emptied."""
    html = body.inner_html or ""
    for _ in range(_LEVELS):
        html = _EMPTY.sub("", html)
    return html.strip()
