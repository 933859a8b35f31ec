"""Opposites: words of headlines that say the contrary of one another.

What is said of ships as well as of prices ("sinks") is left out: there the word alone tells no side.
"""

import functools
from collections.abc import Sequence
from typing import Final

from aggregator.text.letters import fold
from aggregator.text.stems import stem

_ENGLISH: Final = """
rise rises rising rose up climb climbs jump jumps soar soars surge surges gain gains higher rally rallies increase increases advance advances rebound rebounds | fall falls falling fell down drop drops slip slips slide slides plunge plunges tumble tumbles dip dips decline declines lower lose loses decrease decreases retreat retreats slump slumps
win wins won victory triumph triumphs beat beats defeat defeats | lose loses lost defeated beaten
grant grants granted allow allows allowed approve approves approved back backs permit permits legalise legalises legalised legalize legalizes legalized | deny denies denied block blocks blocked reject rejects rejected refuse refuses refused bar bars barred bans banned outlaws outlawed prohibits prohibited
pass passes passed adopt adopts adopted | reject rejects rejected fail fails failed
open opens opened reopen reopens reopened | close closes closed shut shuts
hire hires hired | fire fires fired sack sacks sacked dismiss dismisses
convict convicts convicted guilty | acquit acquits acquitted innocent clear clears cleared
arrest arrests arrested jail jails jailed detain detains detained imprisoned | release releases released free frees freed
start starts started begin begins began launch launches resume resumes resumed | stop stops stopped end ends ended halt halts halted suspend suspends suspended pause pauses paused
raise raises raised hike hikes hiked | cut cuts lower lowers lowered slash slashes
accept accepts accepted agree agrees agreed | reject rejects rejected refuse refuses refused decline declines declined
support supports supported endorse endorses endorsed | oppose opposes opposed
join joins joined enter enters entered | leave leaves left quit quits exit exits
arrive arrives arrived arrival lands landed | leave leaves left depart departs departed departure
buy buys bought | sell sells sold
build builds | demolish demolishes
deploy deploys deployed send sends | withdraw withdraws withdrew pull
survive survives survived alive | died dies dead
ease eases eased lift lifts lifted | tighten tightens tightened impose imposes imposed
increase increases increased expand expands expanded | decrease decreases reduce reduces reduced shrink shrinks
uphold upholds upheld affirm affirms affirmed | overturn overturns overturned reverse reverses reversed quash quashes quashed annul annuls annulled
best | worst
highest | lowest
hottest warmest | coldest
strongest | weakest
beat beats tops exceeds | misses miss
upgrade upgrades | downgrade downgrades
confirm confirms confirmed | deny denies denied
"""

_GERMAN: Final = """
steigt steigen stieg gestiegen klettert klettern wächst | fällt fallen fiel gefallen sinkt sinken sank gesunken schrumpft
gewinnt gewinnen gewann gewonnen siegt besiegt schlägt | verliert verlieren verlor verloren unterliegt
genehmigt genehmigen billigt billigen erlaubt stattgegeben zugestimmt | lehnt abgelehnt verbietet verboten verweigert weist abgewiesen zurückgewiesen
beschließt beschlossen verabschiedet | lehnt abgelehnt verwirft
verurteilt schuldig | freigesprochen freispruch unschuldig
verhaftet festgenommen inhaftiert | freigelassen
öffnet öffnen geöffnet eröffnet | schließt schließen geschlossen
startet beginnt begonnen | stoppt gestoppt endet beendet
erhöht hebt angehoben | senkt gesenkt kürzt reduziert
kauft gekauft übernimmt | verkauft
bestätigt | dementiert bestreitet
"""

_FRENCH: Final = """
monte montent augmente augmentent grimpe progresse bondit | baisse baissent chute recule diminue plonge
gagne gagné gagnent remporte victoire | perd perdu perdent défaite
adopte adopté approuve approuvé autorise autorisé accorde accepte | rejette rejeté refuse refusé interdit repousse
condamné condamne coupable | acquitté acquitte relaxé innocenté
interpellé écroué incarcéré emprisonné | libéré libère relâché
ouvre ouvert rouvre | ferme fermé fermeture
commence débute démarre | cesse suspend interrompt termine
relève | abaisse réduit
achète rachète | vend vendu cède
confirme confirmé | dément nie infirme annule annulé
arrive arrivée | quitte départ
"""

_SPANISH: Final = """
sube suben subió aumenta aumentan crece | baja bajan bajó cae caen cayó desciende disminuye
gana ganan ganó vence triunfa victoria | pierde pierden perdió
aprueba aprueban aprobó aprobado autoriza acepta concede permite | rechaza rechazan rechazó rechazado niega deniega prohíbe
condena condenado culpable | absuelve absuelto inocente
detiene detenido detienen arresta arrestado | libera liberado liberan
abre abren abrió reabre | cierra cierran cerró cierre
comienza inicia empieza | termina suspende finaliza
eleva | reduce recorta
compra adquiere | vende
confirma confirmó ratifica | desmiente anula revoca
llega llegada | abandona
"""

_OPPOSITES: Final = {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH}

_PARTICLES: Final = {
    ("down", "overturns"): "strike strikes struck striking",
    ("out", "overturns"): "throw throws threw thrown",
    ("down", "rejects"): "turn turns turned vote votes voted",
    ("down", "closes"): "shut shuts close closes",
    ("down", "quits"): "step steps stepped stand stands stood",
    (
        "down",
        "",
    ): "back backs backed break breaks broke burn burns burned burnt calm calms come comes crack cracks cracked gunned "
    "hunt hunts hunted lock locks locked melt melts run shoot shoots shot slow slows slowed take takes took tear track tracks tracked",
    (
        "up",
        "",
    ): "back backs backed blow blows blown break breaks broke call calls clean cleans end ends ended follow give gives gave "
    "make makes open opens set sets show shows sign signs speak speaks step steps take takes team teams turn turns wake wrap wraps",
    ("guilty", "acquitted"): "not",
}
"""Two words that say together what neither says alone: the second, and what they say ("" for no side), by the first."""


@functools.cache
def _phrases() -> dict[tuple[str, str], str]:
    return {(first, second): said for (second, said), firsts in _PARTICLES.items() for first in firsts.split()}


def plain(words: Sequence[str]) -> list[str]:
    """Put one word in the place of two that say its like together: "strikes down" overturns. In English.

    Args:
        words: in lower case.
    """
    known = _phrases()
    found: list[str] = []
    for word in words:
        said = known.get((found[-1], word)) if found else None
        if said is None:
            found.append(word)
        else:
            found[-1] = said
    return found


@functools.cache
def axes(language: str = "en") -> dict[str, tuple[tuple[int, bool], ...]]:
    """Give for a word the axes of meaning on which it stands, and on which side: in English as it is written, else its stem."""
    found: dict[str, list[tuple[int, bool]]] = {}
    for axis, line in enumerate(_OPPOSITES.get(language, "").strip().splitlines()):
        for side, part in enumerate(line.split("|")):
            for word in {key(word, language) for word in part.split()}:
                found.setdefault(word, []).append((axis, bool(side)))
    return {word: tuple(places) for word, places in found.items()}


@functools.lru_cache(maxsize=1 << 12)
def key(word: str, language: str) -> str:
    """Give what `axes` calls a word in lower case."""
    return word if language == "en" else stem(fold(word), language)
