"""Headlines: one key for all spellings of a headline, and whether such a key tells anything."""

import functools
import re
from collections.abc import Collection

from aggregator.text.columns import RECURRING_CHARACTERS, tells
from aggregator.text.html import decoded
from aggregator.text.letters import fold, spaceless_characters
from aggregator.text.marks import mark_class
from aggregator.text.terms import search_terms
from aggregator.text.words import one_line, unmarked_line

MAX_LENGTH = 1000
"""Characters of a headline that count."""
MIN_WORDS = 3
MIN_CHARACTERS = 6


def normalise(headline: str, publishers: Collection[str] = (), *, title: str = "") -> str:
    """Give the key under which all spellings of one headline are equal. Idempotent.

    Folded: character references (also twice encoded), case, width, diacritics, Arabic letter forms, quotes, dashes,
    ellipses, punctuation, whitespace. Taken off: the publisher's name at either end, flags such as "UPDATE 2-", "BREAKING:"
    and "عاجل:" at the beginning, "(VIDEO)" and "- live" at the end; never the last word that is left.
    Kept, since they tell headlines apart: numbers with their points, signs, per cent and currency.

    Args:
        headline: Plain text.
        publishers: Names or hosts of who publishes it: "BBC" takes off " | BBC News", "reuters.com" takes off " - Reuters".
            The best-known agencies and papers need no naming: aggregating feeds carry the names of others.
        title: One more, which the feed has of its own: the others are those of all feeds, and are folded once for all of them.
    """
    plain = headline[:MAX_LENGTH]
    if not plain.isascii():
        for sign, meant in _COMMON:
            plain = plain.replace(sign, meant)
    is_plain = plain.isascii() and "&" not in plain
    folded = (
        unmarked_line(plain.casefold().replace("'", "").replace("`", "").replace("_", " "))
        if is_plain
        else _folded(headline)
    )
    return _words(_bare(folded, publishers, title) if _SIGN.search(folded) else folded) or _folded(headline).strip()


def _folded(headline: str) -> str:
    line = one_line(decoded(decoded(decoded(headline[:MAX_LENGTH]))))
    return one_line(fold(line).translate(_SPELLINGS))[:MAX_LENGTH]


def is_telling(key: str) -> bool:
    """Tell whether a normalised headline says enough for two equal ones to be the same news.

    That takes three different words, or six characters of a script without spaces, that are no stop word, number or date and
    none of the words under which columns recur ("Your Monday briefing", "Weather forecast", "News in pictures").
    """
    words = {word for word in search_terms(key).split() if tells(word)}
    characters = spaceless_characters(RECURRING_CHARACTERS.sub("", key))
    return len(words) >= MIN_WORDS or characters >= MIN_CHARACTERS


# --- spelling ------------------------------------------------------------------------------------------------

_SPELLINGS = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−﹘", "-"),
        **dict.fromkeys("'‘’‛ʼ`´′ʹ"),  # "Trump's" with any apostrophe and "Trumps" are one spelling
        **dict.fromkeys("⁄∕", "/"),
        **dict.fromkeys("، ؛", " "),
        "٪": "%",
        "٫": ".",
        "٬": ",",
        "_": " ",
    }
)
_COMMON = (
    *((sign, "'") for sign in "‘’"), *((sign, "-") for sign in "–—‑"), *((sign, "^") for sign in "“”"), ("\u00a0", " "),
)  # fmt: skip
"""Signs by which headlines are not ASCII that hold nothing but English, one in four; in ASCII what counts as much as they do, or as little."""
_CURRENCY = "$¢£¤¥֏؋৲৳฿៛₠-⃀"
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_SPACED_UNIT = re.compile(rf"(?<=\d)\s+(?=[%‰])|(?<=\s[{_CURRENCY}])\s+(?=\d)")


_MAY_BE_SIGNED = re.compile(r"[$0-9]")
_SIGNED_NUMBERS = re.compile(r"[$]|[-+]\d|\d(?:\s*%|[.:/,-]\d)")
_PLAIN_WORDS = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)) + bytes(128)


def _words(line: str) -> str:
    if line.isascii() and not (_MAY_BE_SIGNED.search(line) and _SIGNED_NUMBERS.search(line)):
        return " ".join(line.encode().translate(_PLAIN_WORDS).decode().split())
    numbers = _SPACED_UNIT.sub("", _DECIMAL_COMMA.sub(".", _THOUSANDS.sub("", f" {line}")))
    words = " ".join(word for word in _word_pattern().findall(numbers) if any(map(str.isalnum, word)))
    # Folding may lengthen ("㍿" has four letters); a key that is cut must not end in half a number.
    return words if len(words) <= MAX_LENGTH else words[:MAX_LENGTH].rstrip(".:/-+ ")


@functools.cache
def _word_pattern() -> re.Pattern[str]:
    """Letters, digits, units; points, colons, slashes and dashes between digits; the sign of "-5%", but no other dash."""
    marks = mark_class(spacing=True)
    return re.compile(
        rf"(?:(?<![\w.:/%‰{_CURRENCY}{marks}])[-+](?=[{_CURRENCY}]?\d))?"
        rf"(?:[^\W_]|[{_CURRENCY}]|(?<=\d)[%‰]|[{marks}]|(?<=\d)[.:/-](?=\d))+"
    )


# --- flags -----------------------------------------------------------------------------------------------------

_AGENCY_FLAG = (
    r"(?:(?:update|wrapup|rpt|refile|corrected|correction|clarified|exclusive|recap|poll)\s\d{1,2}"
    r"|rpt|refile|corrected|correction|clarified|exclusive)\s?-+\s*(?=[^\W\d]|[\"(«])"
)
_FLAG_WORDS = (
    r"breaking(?:\snews)?|just\sin|alert|flash|urgent|exclusive|watch(?:\slive)?|listen|live(?:\s?blog|\supdates?|\snews)?|"
    r"latest|developing|updated?|correct(?:ion|ed)|videos?|photos?|in\spictures|"
    r"en\sdirect|direct|urgente?|alerte|en\svivo|directo|ultima\shora|eilmeldung|eil|live-?ticker|newsblog|"
    r"速報|動画|更新|独自|詳報|快讯|快訊|突发|突發|视频|속보|срочно|видео|обновлено|молния|"
    r"عاجل|خاص|فيديو|بالفيديو|بالصور|مباشر|بث\sمباشر|شاهد|تحديث"
)
_FLAG = re.compile(
    rf"{_AGENCY_FLAG}|[(\[【]\s?(?:{_FLAG_WORDS})\s?[)\]】][\s:-]*"
    rf"|\++\s?(?:{_FLAG_WORDS})\s?\++\s?|(?:{_FLAG_WORDS})(?:\s?(?::|\||!|\.\.+)\s?|\s-+\s)+"
)
_TAIL_WORDS = (
    r"(?:(?:watch|in|with)\s)?(?:videos?|photos?|pictures|pics|gallery|audio|podcast|infographic)|live(?:\s?blog|\supdates?)?|"
    r"watch(?:\slive)?|updated?|correct(?:ed|ion)|exclusive|breaking|as\sit\shappened|en\sdirect|en\svivo|fotos?|"
    r"فيديو|بالفيديو|صور|بالصور|مباشر|видео|фото|動画|写真|视频"
)
_TAIL = re.compile(rf"\s?[(\[【]\s?(?:{_TAIL_WORDS})\s?[)\]】]\s?[.!]*$|\s(?:-+|\||::?)\s(?:{_TAIL_WORDS})\s?[.!]*$")


_SIGN = re.compile(
    r"[·•»«:|!(\[【+]|\.\.|\s-|-\s|\A(?:update|wrapup|rpt|refile|correct|clarified|exclusive|recap|poll)"
)
"""What every flag, and every name of a publisher, begins or ends with: most headlines hold none of it."""


def _bare(line: str, publishers: Collection[str], title: str) -> str:
    """Take names and flags off until there are none."""
    own, core = _cores(tuple(publishers)), _core_of(title) if title else ""
    while True:
        shorter = _without_name(line, own, core)
        if flag := _FLAG.match(shorter):
            shorter = _unless_empty(shorter[flag.end() :], shorter)
        shorter = _unless_empty(_TAIL.sub("", shorter), shorter)
        if shorter == line:
            return line
        line = shorter


def _unless_empty(shorter: str, line: str) -> str:
    return shorter.strip() if any(map(str.isalnum, shorter)) else line


# --- publishers --------------------------------------------------------------------------------------------------

_SEPARATOR = re.compile(r"\s(?:-{1,3}|[·•»«]|::?)\s|\s?\|\s?")
_WEAK_SEPARATOR = re.compile(r"(?<!\d):\s?|\s[(\[]")
"""Between a headline and a name that was given for it only: "Rebels left Idlib: Reuters" may be what Reuters reports."""
_LONGEST_NAME = 50
_GENERIC = frozenset(
    "the news online website com org net tv radio newspaper english arabic international world us uk usa africa asia europe "
    "edition live breaking latest top stories".split()
)
_SECOND_LEVEL = frozenset({"co", "com", "org", "net", "gov", "gob", "ac", "or", "ne"})


def _without_name(line: str, own: frozenset[str], title: str) -> str:
    for separator, others in ((_SEPARATOR, _WELL_KNOWN), (_WEAK_SEPARATOR, _NOBODY)):
        found = list(separator.finditer(line))
        if not found:
            continue
        if _is_name(line[found[-1].end() :], own, title, others):
            return _unless_empty(line[: found[-1].start()], line)
        if _is_name(line[: found[0].start()], own, title, others):
            return _unless_empty(line[found[0].end() :], line)
    return line


def _is_name(text: str, own: frozenset[str], title: str, others: frozenset[str]) -> bool:
    core = _core(text) if len(text) <= _LONGEST_NAME else ""
    return bool(core) and (core in own or core in others or core == title)


_NOBODY: frozenset[str] = frozenset()


@functools.lru_cache(maxsize=256)
def _cores(publishers: tuple[str, ...]) -> frozenset[str]:
    """Give the names of publishers without what comes and goes; there may be thousands, and few sets of them."""
    return frozenset(filter(None, map(_core_of, publishers)))


def _core_of(name: str) -> str:
    return _core(fold(one_line(name)))


def _core(name: str) -> str:
    """Give what is left of a folded name or host without the words that come and go: "bbc" of "BBC News" and "www.bbc.co.uk"."""
    words = _host_words(name) if "." in name.strip(" .") and " " not in name.strip() else _NAME_WORD.findall(name)
    return "".join(word for word in words if word not in _GENERIC) or "".join(words)


_NAME_WORD = re.compile(r"[^\W_]+")


def _host_words(name: str) -> list[str]:
    labels = [label for label in name.strip(" .()[]").partition("/")[0].split(".") if label]
    labels = labels[:-1] or labels
    if len(labels) > 1 and labels[-1] in _SECOND_LEVEL:
        labels.pop()
    return _NAME_WORD.findall(labels[-1]) if labels else []


_WELL_KNOWN = frozenset(
    _core(fold(name.strip()))
    for name in (
        "Reuters, AP, AP News, Associated Press, The Associated Press, AFP, Agence France-Presse, dpa, EFE, ANSA, TASS, Xinhua, Kyodo, "
        "Yonhap, UPI, PTI, Anadolu Agency, Anadolu, WAM, SPA, Bloomberg, BBC, CNN, CNBC, NPR, PBS NewsHour, CBS News, "
        "NBC News, ABC News, Fox News, Sky News, MSNBC, USA Today, The New York Times, NYT, The Washington Post, The Wall Street "
        "Journal, WSJ, Los Angeles Times, Politico, Axios, The Guardian, The Telegraph, Financial Times, "
        "Daily Mail Online, Al Jazeera, Aljazeera, Al Arabiya, Al-Arabiya, Arab News, Asharq Al-Awsat, Middle East Eye, Al-Monitor, "
        "The Jerusalem Post, The Times of Israel, Haaretz, France 24, RFI, Le Monde, Le Monde.fr, Le Figaro, Libération, Euronews, DW, "
        "Deutsche Welle, Der Spiegel, DER SPIEGEL, Spiegel Online, tagesschau, tagesschau.de, FAZ, Süddeutsche Zeitung, ZEIT ONLINE, "
        "El País, EL PAÍS, El Mundo, Corriere della Sera, la Repubblica, RTÉ, CBC News, The Globe and Mail, NZ Herald, RNZ, "
        "South China Morning Post, SCMP, The Straits Times, Channel NewsAsia, Nikkei Asia, The Japan Times, NHK WORLD, "
        "Times of India, Hindustan Times, NDTV, Dawn.com, Yahoo News, MSN, Google News, "
        "الجزيرة, الجزيرة نت, العربية, العربية نت, الشرق الأوسط, سكاي نيوز عربية, رويترز, فرانس 24, РИА Новости, ТАСС, Интерфакс"
    ).split(",")
)
