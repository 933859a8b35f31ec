"""Fields that lost their markup: other aggregators, and some feeds, pass on the words alone."""

import re

from aggregator.model.entry import Byline
from aggregator.text.byline_fields import MAX_VALUE, MAX_VALUES
from aggregator.text.html import decoded
from aggregator.text.words import one_line

_GAP = r"(?:[\s\u00a0|]|&nbsp;|&\#160;|</?(?:p|div|span|br|b|strong)\b[^<>]{0,200}>)*+"
_LABEL_KINDS = {"Author": "author", "By": "author", "ID": "source_id", "Main category": "categories", "Date": "dated"}
_LABEL = rf"(?:{'|'.join(map(re.escape, _LABEL_KINDS))})\s?:"
_CLOCK = r"\d{2}:\d{2}(?::\d{2})?"
_WEEKDAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,\s"
_MACHINE_DATE = rf"{_WEEKDAY}(?:\d{{4}}-\d{{2}}-\d{{2}}\s{_CLOCK}|\d{{2}}/\d{{2}}/\d{{4}}\s-\s{_CLOCK}|[A-Z][a-z]+\s\d{{1,2}},\s\d{{4}}\s-\s{_CLOCK})"
"""Drupal's medium and long formats, in the spellings that its installer offers."""
_START = re.compile(rf"{_GAP}(?:{_LABEL}|{_MACHINE_DATE})")
_SKIPPED = re.compile(_GAP)
_FIELD = re.compile(
    rf"""
      (?P<dated>{_MACHINE_DATE})
    | ID\s?:{_GAP}(?P<source_id>\d{{3,30}})
    | (?P<label>Author|By|Main[ ]category|Date)\s?:(?P<value>[^<>\n]{{0,{MAX_VALUE}}}?)(?=<|\n|{_LABEL}|{_MACHINE_DATE})
    """,
    re.VERBOSE,
)
_ENOUGH_FIELDS = 2
_GLUED = re.compile(r"\s*,\s*|(?<=[a-z])(?=[A-Z])")


_NOTHING = Byline()


def from_flattened(html: str) -> tuple[Byline, str]:
    """Read fields that lost their markup: "Author: AFPID: 1550642699890643100Wed, 2019-02-20 05:59 BAMAKO, Mali: ..."."""
    if not _START.match(html):
        return _NOTHING, html
    begin = at = _end(_SKIPPED, html, 0)
    found: dict[str, str] = {}
    while match := _FIELD.match(html, at):
        kind = _LABEL_KINDS[match["label"]] if match["label"] else "dated" if match["dated"] else "source_id"
        found[kind] = one_line(decoded(match[match.lastgroup or 0]))
        at = _end(_SKIPPED, html, match.end())
    if len(found) < _ENOUGH_FIELDS:
        return Byline(), html
    categories = _GLUED.split(found.get("categories", ""))
    byline = Byline(
        author=found.get("author") or None,
        source_id=found.get("source_id") or None,
        dated=found.get("dated") or None,
        categories=tuple(name for name in dict.fromkeys(categories) if name)[:MAX_VALUES],
    )
    return byline, html[:begin] + html[at:]


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at
