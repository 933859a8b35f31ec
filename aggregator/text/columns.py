"""Columns: headlines that recur over other news each time ("Morning briefing", "News in pictures"), and the words they are made of."""

import functools
import re
from collections.abc import Sequence
from typing import Final

from aggregator.text.letters import spaceless_characters
from aggregator.text.stop_words import is_stop_word
from aggregator.text.story_terms import terms_of, words
from aggregator.text.terms import search_terms


def is_column(written: Sequence[str]) -> bool:
    """Tell whether the words of a headline are all such under which columns recur ("Morning briefing: what you need to know today").

    Two columns of one name are not one event, however like their headlines are. What has no words at all is no column.
    """
    return bool(written) and not any(map(_tells_as_written, written))


def is_round_up(headline: str) -> bool:
    """Tell whether a headline announces several events at once ("Your Monday briefing: a vote, a storm", "Coronavirus: evening wrap").

    It has a word for that, and beside what all columns are called by hardly anything, or nothing before its colon. A live blog
    that names its event ("Live updates: canal reopens") is a report like others.
    """
    if not _ROUND_UP.search(headline.lower()):
        return False
    head, colon, _ = headline.partition(":")
    told = sum(map(_tells_as_written, words(headline)))
    return told <= TOLD_BY_ROUND_UPS or bool(colon and _BRIEFING.search(head) and is_column(words(head)))


@functools.lru_cache(maxsize=1 << 12)
def is_report(headline: str) -> bool:
    """Tell whether a headline says what happened: it neither asks, nor comments, explains, counts up or shows pictures."""
    return not _NO_REPORT.search(headline)


@functools.lru_cache(maxsize=1 << 14)
def _tells_as_written(word: str) -> bool:
    if spaceless_characters(word):
        return bool(spaceless_characters(RECURRING_CHARACTERS.sub("", word)))
    return any(map(tells, search_terms(word).split()))


def tells(word: str) -> bool:
    """Tell whether a folded word is more than what columns are called by, a number or a stop word."""
    is_name = len(word) > 1 and not any(map(str.isdigit, word)) and not spaceless_characters(word)
    return is_name and not is_stop_word(word) and word not in RECURRING


@functools.cache
def column_terms() -> frozenset[str]:
    """Give the terms of the words of columns: two headlines that share "what we know" or "in pictures" share no subject."""
    return frozenset(term for word in RECURRING for term in terms_of(word, "en"))


TOLD_BY_ROUND_UPS: Final = 2
"""Telling words of the headline of a round-up, at most: those of its subject, such as "Coronavirus"."""
_BRIEFING: Final = re.compile(
    r"\b(?:briefing|briefs?|bulletin|digest|headlines|newsletter|round-?up|top stories|wrap)\b", re.IGNORECASE
)
"""What tells of several events even where the first of them is named."""
_ROUND_UP: Final = re.compile(
    r"\b(?:briefing|briefs?|bulletin|digest|headlines|newsletter|news ?cast|recap|round-?up|top stories|updates|wrap|what happened (?:on|overnight|this|today|yesterday)|"
    r"as it happened|(?:day|week) in (?:brief|numbers|photos|pictures|review)|cartoons|(?:photos|pictures|videos) of the|in pictures|front pages|"
    r"überblick|presseschau|kurznachrichten|nachrichten am|news des tages|schlagzeilen|newsblog|"
    r"revue de presse|l['’]essentiel|en bref|titres|résumé|resumen|titulares|en breve)\b"
)
"""Of text in lower case: to compare whatever the case took three times as long."""
_NO_REPORT: Final = re.compile(
    r"[?？؟]|^(?:(?:analysis|column|comment|commentary|editorial|explainer|factbox|gallery|interview|letters?|listen|op-ed|opinion|photos|"
    r"pictures|podcast|profile|q&a|quiz|review|timeline|video|viewpoint|watch|"
    r"analyse|kommentar|meinung|interview|bilder|avis|chronique|tribune|entretien|análisis|opinión|entrevista|fotos)\s*[:|—–-]\s"
    r"|(?:\d+|five|four|six|seven|three|ten) (?:lessons|key |reasons|takeaways|things|ways)|here's |here is |here are |how |what |why |when )"
    r"|: (?:how|what|why|when) |in pictures\b",
    re.IGNORECASE,
)
RECURRING: Final = frozenset(
    search_terms(
        "morning evening afternoon night midday daily weekly weekend monthly yearly annual hourly day week month year today tomorrow "
        "yesterday tonight january february march april may june july august september october november december jan feb mar apr jun "
        "jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun "
        "briefing brief briefs bulletin newsletter update updates news newscast headlines headline forecast weather outlook "
        "top story stories podcast podcasts live blog liveblog letters letter editor editors editorial opinion opinions comment comments "
        "review reviews preview recap roundup digest summary pictures picture photos photo photograph images gallery cartoon video videos "
        "audio watch listen read reading quiz crossword sudoku puzzle horoscope horoscopes lottery open thread discussion obituary "
        "obituaries corrections correction clarifications clarification schedule calendar agenda diary notebook column report reports "
        "latest breaking best five ten things know need start front page pages papers press market markets wrap close closing edition "
        "far explained explainer glance takeaways world sport sports business episode part issue number edition links link ask questions answers corner special "
        "journal matin soir semaine jour lundi mardi mercredi jeudi vendredi samedi dimanche meteo actualites actualite infos info titres "
        "courrier lecteurs images revue presse horoscope mots croises janvier fevrier mars avril mai juin juillet aout septembre octobre "
        "novembre decembre essentiel bulletin "
        "morgen abend nachrichten wetter tag woche montag dienstag mittwoch donnerstag freitag samstag sonntag kurz ueberblick überblick "
        "bilder bild leserbriefe presseschau tages schlagzeilen newsblog januar februar märz juni juli oktober dezember lage "
        "noticias titulares manana mañana tarde noche dia semana lunes martes miercoles jueves viernes sabado domingo tiempo pronostico "
        "cartas director fotos imagenes crucigrama resumen enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
        "diciembre portada horoscopo "
        "نشرة أخبار الأخبار موجز عناوين الطقس طقس حالة اليوم صباح مساء أسبوع الأسبوع الأحد الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت "
        "صور فيديو بالصور بالفيديو كاريكاتير افتتاحية رأي رسائل القراء حصاد جولة صحف الصحف الصباح المساء"
    ).split()
)
RECURRING_CHARACTERS = re.compile(
    "今日|本日|昨日|今週|今天|昨天|朝刊|夕刊|天気|天气|予報|预报|新聞|新闻|社説|社论|頭条|头条|早报|晚报|写真|图片|星座|運勢|の"
)
