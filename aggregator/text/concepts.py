"""Concepts: words by which English-language news calls one thing in several ways.

A table of general knowledge: inhabitants and their countries, abbreviations of agency style, offices and institutions, and
the short words of headlines beside the long ones of texts. Each line is one concept and is called by its first word.
"""

import functools
from typing import Final

from aggregator.text.nations import COUNTRIES, REGIONS
from aggregator.text.stems import stem

_NEWS: Final = """
agreement accord pact deal
aircraft airplane plane jet airliner
appoint name pick tap nominate
arrest detain custody detention
attack assault raid
attorney lawyer
ban bar prohibit outlaw
blaze fire wildfire
blast explosion explode
buy acquire purchase acquisition takeover
ceo chief-executive boss
chief commander chiefs
child kid children kids
congressman congresswoman lawmaker legislator
crash collision collide
cut slash reduce reduction
dead die dies died death deadly fatal
democrat dem democratic dems
doctor physician
drop fall slip slide plunge tumble sink dip decline fell slump
earthquake quake tremor temblor
extremist jihadist militant terrorist islamist
film movie
free release liberate freed frees releases
gop republican
gun firearm
hostage captive
illness disease sickness
investigation probe investigate inquiry investigator
kill slay slain
launch unveil introduce debut
lawsuit sue suit sues sued
marry wed wedding marriage
migrant immigrant
missile rocket
mother mom mum
negotiation negotiate talks
photo picture image
police cop cops
president pres presidential
quit resign resignation
raise hike increase boost lift
reject rebuff refuse deny denies
rise jump soar surge climb rally gain rose
senator sen
ship vessel
soldier troop troops peacekeeper
stock share
storm hurricane cyclone typhoon
teen teenager teenage
truce ceasefire cease-fire
vaccine vaccinate vaccination
governor gov
representative rep
"""

_PHRASES: Final = {
    "ceo": "chief executive",
    "pm": "prime minister",
    "un": "united nations",
    "eu": "european union",
    "usa": "united states",
    "doj": "justice department",
    "scotus": "supreme court",
    "fed": "federal reserve",
    "dnc": "democratic national",
    "rnc": "republican national",
    "britain": "united kingdom",
    "homeland": "homeland security",
}

_WRITTEN: Final = {
    "US": "usa", "USA": "usa", "U.S": "usa", "UK": "britain", "UN": "un", "EU": "eu", "PM": "pm", "DOJ": "doj", "GOP": "gop",
    "SCOTUS": "scotus", "DNC": "dnc", "RNC": "rnc", "CEO": "ceo", "Fed": "fed",
    "Ala": "alabama", "Ariz": "arizona", "Ark": "arkansas", "Calif": "california", "Colo": "colorado", "Conn": "connecticut",
    "Del": "delaware", "Fla": "florida", "Ga": "georgia", "Ill": "illinois", "Ind": "indiana", "Kan": "kansas", "Ky": "kentucky",
    "Md": "maryland", "Mich": "michigan", "Minn": "minnesota", "Miss": "mississippi", "Mo": "missouri", "Mont": "montana",
    "Neb": "nebraska", "Nev": "nevada", "NJ": "jersey", "NY": "york", "NYC": "york", "Okla": "oklahoma", "Ore": "oregon",
    "Pa": "pennsylvania", "PA": "pennsylvania", "Tenn": "tennessee", "Tex": "texas", "Va": "virginia", "Vt": "vermont",
    "S'pore": "singapore", "Wash": "washington", "Wis": "wisconsin", "Wyo": "wyoming",
}  # fmt: skip
"""Abbreviations as they are written: "US" is a country where "us" is none of the words that tell."""


@functools.cache
def concepts() -> dict[str, str]:
    """Give the concept of each stem that has one."""
    found: dict[str, str] = {}
    for line in (*COUNTRIES.strip().splitlines(), *_NEWS.strip().splitlines()):
        head, *others = line.split()
        name = stem(head, "en")
        for word in (head, *others):
            found.setdefault(stem(word, "en"), name)
    return found


@functools.cache
def countries() -> frozenset[str]:
    """Give the terms of countries and of parts of the world that news treats as such."""
    return frozenset(stem(line.split()[0], "en") for line in COUNTRIES.strip().splitlines())


@functools.cache
def regions() -> frozenset[str]:
    """Give the terms of parts of countries."""
    return frozenset(stem(word, "en") for word in REGIONS.split())


@functools.cache
def phrases() -> dict[str, dict[str, str]]:
    """Give what two neighbouring terms together are called: first term, second term, name."""
    known = concepts()
    found: dict[str, dict[str, str]] = {}
    for name, phrase in _PHRASES.items():
        first, second = (known.get(stem(word, "en"), stem(word, "en")) for word in phrase.split())
        found.setdefault(first, {})[second] = known.get(name, name)
    return found


@functools.cache
def written() -> dict[str, str]:
    """Give the terms of abbreviations, by their spelling with capitals."""
    known = concepts()
    return {short: known.get(stem(long, "en"), stem(long, "en")) for short, long in _WRITTEN.items()}
