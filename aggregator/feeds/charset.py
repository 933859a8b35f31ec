"""Bytes to text: which encoding a document is really in.

Candidates in order: byte order mark; `charset` of the Content-Type (RFC 7303 section 3); the XML declaration. When
none of them reads the whole document, it is UTF-8 or Windows-1252, whichever leaves less rubbish.

This happens here and not in feedparser because the pre-pass has to see the text that the parser will see (a UTF-16
document hides its entity declarations from a scan of the bytes), and because feedparser reads `text/xml` without a
charset as US-ASCII, which "succeeds" for ISO-2022-JP and UTF-7.
"""

import codecs
import re
from typing import Final

_MARKS: Final = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED: Final = (
    # XML 1.0 appendix F: "<" and "<?" without a byte order mark.
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)
_DECLARED: Final = re.compile(rb"""\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHARSET: Final = re.compile(r"""\bcharset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)

_WIDER: Final = {
    # As browsers do (WHATWG Encoding Standard, section 4.2): the label names a subset of what is really sent.
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_NO_DOCUMENT: Final = frozenset(
    # Codecs of Python that no document is in: slow (idna, punycode), or able to spell markup in letters (utf-7).
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7", "unicode_escape", "utf_7"}
    | {"raw_unicode_escape", "mbcs", "oem"}
)


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """Read a document as text.

    Returns:
        The text without byte order mark, and a complaint in words, empty when the encoding is as declared.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return _decode_marked(body[len(mark) :], encoding)
    for start, encoding in _UNMARKED:
        if body.startswith(start):
            return _decode_marked(body, encoding)
    return _decode_declared(body, _declarations(body, content_type))


def _decode_marked(body: bytes, encoding: str) -> tuple[str, str]:
    text = body.decode(encoding, "replace")
    return text, f"not all of it is {encoding}" if "\ufffd" in text and not _reads(body, encoding) else ""


def _declarations(body: bytes, content_type: str) -> list[str]:
    header = _CHARSET.search(content_type)
    declared = _DECLARED.match(body)
    labels = [header[1]] if header else []
    return labels + ([declared[1].decode("ascii")] if declared else [])


def _decode_declared(body: bytes, labels: list[str]) -> tuple[str, str]:
    label = labels[0] if labels else "utf-8"
    for candidate in [*labels, "utf-8"]:
        encoding = _codec(candidate)
        if encoding == "cp1252" and not body.isascii() and _reads(body, "utf-8"):
            # Servers label everything ISO-8859-1 by default, and every byte sequence is valid there; text of
            # Latin-1 that happens to be valid UTF-8 practically does not occur.
            encoding = "utf-8"
        text = _decoded(body, encoding) if encoding else None
        if text is not None:
            return text, "" if encoding == _codec(label) else f"declared as {label}, read as {encoding}"
    return _least_rubbish(body, label)


def _codec(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return None if name in _NO_DOCUMENT else _WIDER.get(name, name)


def _decoded(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _reads(body: bytes, encoding: str) -> bool:
    return _decoded(body, encoding) is not None


def _least_rubbish(body: bytes, label: str) -> tuple[str, str]:
    """Take UTF-8 with some broken bytes as UTF-8, and what is hardly UTF-8 at all as Windows-1252."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(1 for letter in re.findall(r"[^\x00-\x7f]", text) if letter != "\ufffd")
    if broken <= whole:
        return text, f"declared as {label}, with {broken} broken characters"
    return body.decode("cp1252", "replace"), f"declared as {label}, read as windows-1252"
