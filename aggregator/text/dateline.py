"""Datelines: where a text was written, as agencies print it before the first sentence."""

import re

from aggregator.text.html import plain_text

_CAPITAL = "A-Z\u00c0-\u00d6\u00d8-\u00de"
_CAPITALS_FIRST = re.compile(rf"(?:[\s\u00a0]|&nbsp;|<[^<>]{{0,500}}>)*+[{_CAPITAL}]{{2}}")
_PLACE = rf"[{_CAPITAL}][{_CAPITAL}.'’ -]{{1,40}}"
_DATELINE = re.compile(
    rf"({_PLACE}(?:/{_PLACE})*(?:,\s(?!(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z.]*\s\d)[{_CAPITAL}][^\W\d_][\w.'’ -]{{0,40}}?)?)"
    r"(?:,\s[A-Z][a-z]{2,8}\.?\s\d{1,2})?\s?(?:\([A-Za-z/ ]{2,30}\)\s?)?(?::|\s[-–—]{1,2})\s"
)
_NO_PLACE = frozenset(
    "ADVISORY ALERT ANALYSIS BREAKING CORRECTION EDITORIAL EXCLUSIVE EXPLAINER FACTBOX FLASH FYI IMPORTANT INTERVIEW LATEST LISTEN LIVE NOTE OPINION "
    "PHOTO PHOTOS PODCAST QUIZ READ RELATED REVIEW SPOILER TIMELINE TLDR UPDATE UPDATED UPDATES URGENT VIDEO VIDEOS WARNING WATCH FAQ NATO".split()
)
_PLACES_BEGIN = frozenset(
    "ABU ADDIS AL BATON BUENOS CAPE DAR DEN DES EAST EL FORT GAZA GUATEMALA HO HONG KANSAS KUALA KUWAIT LA LAKE LAS LE LOS LOWER MEXICO MOUNT "
    "NEW NORTH NUEVA OKLAHOMA PALO PANAMA PHNOM PORT PUERTO QUEBEC RIO SAINT SALT SAN SANTA SANTO SOUTH ST ST. SÃO TEL THE UNITED UPPER VATICAN "
    "VILLA WEST".split()
)
"""First words of places that have several. Other runs of capitals are columns and their writers ("TALK OF THE TOWN:"): of 16
that 260 real feeds begin texts with, none was a place."""
_BEGINNING = 3000
_SHORTEST_PLACE = 4
"""Shorter ones are acronyms: "EU: ...", "FBI - ..."."""


def dateline(html: str) -> str | None:
    """Read "BAMAKO, Mali" of "BAMAKO, Mali: A senior ..." and "WASHINGTON" of "WASHINGTON, Feb 20 (Reuters) - The ...".

    Places are known by their capitals alone, so words that flag a text ("UPDATE: ..."), acronyms, and several words that do not begin
    like a place are excluded. None: no dateline.
    """
    if not _CAPITALS_FIRST.match(html):
        return None
    match = _DATELINE.match(plain_text(html[:_BEGINNING]))
    place = match[1].strip() if match else ""
    return place if _is_place(place) else None


def _is_place(place: str) -> bool:
    if len(place) < _SHORTEST_PLACE or not _NO_PLACE.isdisjoint(place.replace("/", " ").split()):
        return False
    is_certain = "," in place or "/" in place or " " not in place
    return is_certain or place.partition(" ")[0] in _PLACES_BEGIN
