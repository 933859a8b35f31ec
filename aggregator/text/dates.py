"""Dates: the forms feeds really use, and the two we write."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

MAX_LENGTH = 100
FIRST_YEAR, LAST_YEAR = 1970, 2200
"""Dates outside of these years are mistakes (year 1, 9999, a Buddhist 2562) and count as none."""


def parse(text: str) -> datetime | None:
    """Read a date; None where it is none, is impossible, or could mean two days (03/04/2019).

    Understood: RFC 822 and RFC 5322 with their obsolete zones; RFC 3339 and ISO 8601 (basic form, weeks, day of the year);
    `asctime`; day or month first with a month's name in English, German, French, Spanish, Italian, Portuguese, Dutch,
    Russian or Arabic; year first with `-`, `/`, `.` or 年月日; day first with dots, and with slashes where only one order is
    possible; seconds and milliseconds since 1970. Forgiven: a wrong or missing weekday, two-digit years (RFC 5322 section
    4.3), 24:00, a leap second, an unknown zone, which counts as UTC as does none (same section).

    Returns:
        Aware, in UTC, whole seconds.
    """
    if not text or len(text) > MAX_LENGTH:
        return None
    if found := _usual(text):
        return found
    plain = _without_weekday(_folded(text))
    try:
        found = _epoch(plain) or _numbered(plain) or _named(plain) or _iso(plain)
    except (ValueError, OverflowError):
        return None
    return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


@lru_cache(maxsize=5_000)
def rfc3339(at: datetime) -> str:
    """Write a date for Atom and JSON Feed: `2019-02-20T05:59:00Z`. Remembered: a feed of stories names four hundred times."""
    # Not strftime: glibc's %Y has no leading zeros.
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def rfc822(at: datetime) -> str:
    """Write a date for RSS: `Wed, 20 Feb 2019 05:59:00 +0000`, English whatever the locale."""
    from email.utils import format_datetime  # noqa: PLC0415 -- 10 ms of CPU that reading dates has no use for

    return format_datetime(at.astimezone(UTC).replace(microsecond=0))


_MONTHS_OF_RFC822 = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_CLOCK = r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d):(?P<second>[0-5]\d)"
_RFC822 = re.compile(
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(?P<day>\d\d?) (?P<month>{'|'.join(_MONTHS_OF_RFC822)}) (?P<year>20\d\d) {_CLOCK} "
    r"(?:GMT|UTC|Z|(?P<sign>[+-])(?P<hours>0\d|1[0-2])(?P<minutes>[0-5]\d))",
    re.ASCII,
)
_RFC3339 = re.compile(
    rf"(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)T{_CLOCK}(?:\.\d{{1,9}})?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>0\d|1[0-2]):(?P<minutes>[0-5]\d))",
    re.ASCII,
)


def _usual(text: str) -> datetime | None:
    """Read the two forms in which nearly all dates come, in a tenth of the time of the others."""
    found = _RFC822.fullmatch(text) or _RFC3339.fullmatch(text)
    if found is None:
        return None
    day, name, year, hour, minute, second, sign, hours, minutes = found.group(
        "day", "month", "year", "hour", "minute", "second", "sign", "hours", "minutes"
    )
    month = int(name) if name.isdigit() else _MONTHS_OF_RFC822.index(name) + 1
    try:
        at = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    if sign is None:
        return at
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return at - offset if sign == "+" else at + offset


def _folded(text: str) -> str:
    """Lower case without diacritics, so that `févr.` is `fevr` and `آذار` is `اذار`."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFC", letters).split())


_WEEKDAY = re.compile(r"([^\W\d_]+)\.?(?:\s*,\s*|\s+)")


def _without_weekday(text: str) -> str:
    """Drop a leading word that is no month: no form needs the day of the week, and some get it wrong."""
    match = _WEEKDAY.match(text)
    return text[match.end() :] if match and match[1] not in _MONTHS else text


# --- the forms -----------------------------------------------------------------------------------------------

_TIME = (
    r"(?:(?:[\s,]*t\s*|[\s,@-]+(?:at |um |a las |a |o |в )?\s*)(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,]\d+)?)?(?:\s?(?P<half>[ap])\.?m\b\.?)?)?"
)
_ZONE = (
    r"\s*(?P<zone>[a-z]{1,5}(?=\s*$|\s*\(|\s)|(?:gmt|utc|z)?\s*[+\u2212-]\d{1,2}(?::?\d{2}(?::\d{2})?)?)?"
    r"(?:\s*\((?P<comment>[^)]*)\)|\s+[a-z/_]+)?"
)
_MONTH_NAME = r"(?P<month>[^\W\d_]{3,})\.?"
_SPACE = r"[\s,.\u060c/-]{1,3}"
_OF = r"(?:d[eo]l?\s+)?"

_NUMBERED = tuple(
    re.compile(pattern + _TIME + _ZONE)
    for pattern in (
        r"(?P<year>\d{4})\s?[-/.年년]\s?(?P<month>\d{1,2})\s?[-/.月월]\s?(?P<day>\d{1,2})[日일]?",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})",
        r"(?P<day>1[3-9]|2\d|3[01])[/-](?P<month>0?\d|1[0-2])[/-](?P<year>\d{4})",
        r"(?P<month>0?\d|1[0-2])[/-](?P<day>1[3-9]|2\d|3[01])[/-](?P<year>\d{4})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?!\d)",
    )
)
_NAMED = tuple(
    re.compile(pattern + _TIME + _ZONE)
    for pattern in (
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?\.?{_SPACE}{_OF}{_MONTH_NAME}{_SPACE}{_OF}(?P<year>\d{{4}}|\d{{2}})\b(?:\s?г\.?)?",
        rf"{_MONTH_NAME}{_SPACE}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_SPACE}(?P<year>\d{{4}})\b",
        rf"(?P<year>\d{{4}}){_SPACE}{_MONTH_NAME}{_SPACE}(?P<day>\d{{1,2}})\b",
    )
)
_ASCTIME = re.compile(
    rf"{_MONTH_NAME}\s+(?P<day>\d{{1,2}})\s+(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?"
    r"(?P<half>)(?P<comment>)(?:\s+(?P<zone>[a-z]{3,4}|[+-]\d{4}))?\s+(?P<year>\d{4})"
)
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d+)?|(\d{12,13})", re.ASCII)
_COMPACT = re.compile(r"(\d{8})t?(\d{4}(?:\d{2})?)(z?)", re.ASCII)


def _epoch(text: str) -> datetime | None:
    match = _EPOCH.fullmatch(text)
    if match is None:
        return None
    seconds = int(match[1]) if match[1] else int(match[2]) // 1000
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _numbered(text: str) -> datetime | None:
    match = _first_match(_NUMBERED, text)
    return _built(match, int(match["month"])) if match else None


def _named(text: str) -> datetime | None:
    match = _first_match((*_NAMED, _ASCTIME), text)
    month = _MONTHS.get(match["month"]) if match else None
    return _built(match, month) if match and month else None


def _iso(text: str) -> datetime | None:
    """Read weeks, days of the year and the basic form."""
    if compact := _COMPACT.fullmatch(text):
        return datetime.strptime(compact[1] + compact[2].ljust(6, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    if re.fullmatch(r"\d{4}-\d{3}", text):
        return datetime.strptime(text, "%Y-%j").replace(tzinfo=UTC)
    found = datetime.fromisoformat(text.upper())
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def _first_match(patterns: tuple[re.Pattern[str], ...], text: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.fullmatch(text))), None)


def _built(match: re.Match[str], month: int) -> datetime:
    """Put a date together.

    Raises:
        ValueError: there is no such day or time.
    """
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if match["half"]:
        hour = hour % 12 + 12 * (match["half"] == "p")
    if (hour, minute, second) > (24, 0, 0) or minute >= _MINUTES or second > _MINUTES:  # 24:00:00 and 23:59:60 exist
        raise ValueError("no such time")
    day = datetime(
        _year(match["year"]), month, int(match["day"]), tzinfo=_zone(match["zone"] or match["comment"] or "")
    )
    return (day + timedelta(hours=hour, minutes=minute, seconds=second)).astimezone(UTC)


_MINUTES = 60


def _year(digits: str) -> int:
    """RFC 5322 section 4.3: two digits up to 49 are of this century."""
    if len(digits) == len("2019"):
        return int(digits)
    return int(("20" if digits < "50" else "19") + digits)


# --- zones and months ----------------------------------------------------------------------------------------

_ZONES = {
    name: timedelta(hours=hours)
    for hours, names in {
        -10: "hst", -9: "akst hdt", -8: "pst akdt", -7: "mst pdt", -6: "cst mdt", -5: "est cdt", -4: "edt ast", -3: "adt brt art",
        0: "z gmt ut utc wet", 1: "cet bst west mez", 2: "cest eet mesz sast cat", 3: "msk eest eat trt", 4: "gst",
        5: "pkt", 5.5: "ist", 7: "wib ict", 8: "sgt hkt awst myt pht", 9: "jst kst", 10: "aest", 11: "aedt", 12: "nzst", 13: "nzdt",
    }.items()
    for name in names.split()
}  # fmt: skip
"""RFC 822's zones, and those of newsrooms elsewhere where feeds use the letters for one zone only."""
_OFFSET = re.compile(r"(?:gmt|utc|z)?\s*([+\u2212-])(\d{1,2}):?(\d{2})?(?::\d{2})?")
_WIDEST = timedelta(hours=15)


def _zone(text: str) -> tzinfo:
    match = _OFFSET.fullmatch(text)
    if match is None:
        return timezone(_ZONES.get(text, timedelta()))
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if offset > _WIDEST:
        return UTC
    return timezone(offset if match[1] == "+" else -offset)


_MONTH_NAMES = (
    "january february march april may june july august september october november december",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janner feber maerz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر",
    "جانفي شباط اذار نيسان ايار حزيران تموز اب ايلول اكتوبر نوفمبر ديسمبر",
)


def _month_table() -> dict[str, int]:
    """Map names and their abbreviations of three letters or more to months, except where they could be two."""
    table: dict[str, int] = {}
    for line in _MONTH_NAMES:
        for month, name in enumerate((_folded(name) for name in line.split()), start=1):
            for end in range(min(3, len(name)), len(name) + 1):
                table[name[:end]] = month if table.get(name[:end], month) == month else 0
    return {**table, "mrt": 3, "sept": 9}


_MONTHS = _month_table()
