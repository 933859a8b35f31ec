"""Opposites: words of headlines that say the contrary of one another, in English.

What is said of ships as well as of prices ("sinks") is left out: there the word alone tells no side.
"""

import functools
from typing import Final

_OPPOSITES: Final = """
rise rises rising rose up climb climbs jump jumps soar soars surge surges gain gains higher rally rallies increase increases advance advances rebound rebounds | fall falls falling fell down drop drops slip slips slide slides plunge plunges tumble tumbles dip dips decline declines lower lose loses decrease decreases retreat retreats slump slumps
win wins won victory triumph triumphs beat beats defeat defeats | lose loses lost defeated beaten
grant grants granted allow allows allowed approve approves approved back backs permit permits | deny denies denied block blocks blocked reject rejects rejected refuse refuses refused bar bars barred
pass passes passed adopt adopts adopted | reject rejects rejected fail fails failed
open opens opened reopen reopens | close closes closed shut shuts
hire hires hired | fire fires fired sack sacks sacked dismiss dismisses
convict convicts convicted guilty | acquit acquits acquitted innocent clear clears cleared
arrest arrests arrested jail jails jailed detain detains detained imprisoned | release releases released free frees freed
start starts started begin begins began launch launches resume resumes resumed | stop stops stopped end ends ended halt halts halted suspend suspends suspended pause pauses paused
raise raises raised hike hikes hiked | cut cuts lower lowers lowered slash slashes
accept accepts accepted agree agrees agreed | reject rejects rejected refuse refuses refused decline declines declined
support supports supported endorse endorses endorsed | oppose opposes opposed
join joins joined enter enters entered | leave leaves left quit quits exit exits
buy buys bought | sell sells sold
build builds | demolish demolishes
deploy deploys deployed send sends | withdraw withdraws withdrew pull
survive survives survived | die dies died
ease eases eased lift lifts lifted | tighten tightens tightened impose imposes imposed
increase increases increased expand expands expanded | decrease decreases reduce reduces reduced shrink shrinks
uphold upholds upheld affirm affirms affirmed | overturn overturns overturned reverse reverses reversed quash quashes quashed annul annuls annulled
best | worst
highest | lowest
hottest warmest | coldest
beat beats tops exceeds | misses miss
upgrade upgrades | downgrade downgrades
confirm confirms confirmed | deny denies denied
"""


@functools.cache
def axes() -> dict[str, tuple[tuple[int, bool], ...]]:
    """Give for a word the axes of meaning on which it stands, and on which side."""
    found: dict[str, list[tuple[int, bool]]] = {}
    for axis, line in enumerate(_OPPOSITES.strip().splitlines()):
        for side, part in enumerate(line.split("|")):
            for word in part.split():
                found.setdefault(word, []).append((axis, bool(side)))
    return {word: tuple(places) for word, places in found.items()}
