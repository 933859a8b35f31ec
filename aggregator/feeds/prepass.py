"""What is done to a document before the parser sees it, so that no small input has a large cost.

The parser gets a DOCTYPE without an internal subset and then the text from the first element on; nothing else of the
prolog reaches it. That is what makes the rule "no entities" hold: feedparser finds entity declarations with regular
expressions in everything before the first thing that looks like a tag, puts "safe" ones back, and its loose parser
expands those without a limit (206 kB became 1.2 GB). A comment that holds `<a` hides a DOCTYPE from its filter, so
the scan here understands comments. Collapsing the prolog also takes 60,000 blank lines from 16 s to nothing.
"""

import re
import sys
import zlib
from dataclasses import dataclass
from typing import Final

from aggregator.feeds.limits import MAX_BODY, MAX_START_TAG
from aggregator.model.fetch import Failed, FailureKind
from aggregator.text.words import xml_safe

_GZIP_MAGIC: Final = b"\x1f\x8b\x08"

_ROOT: Final = re.compile(r"[A-Za-z0-9_]")
"""What feedparser takes for the begin of an element: `<` and one of these."""

_REFERENCE: Final = re.compile(r"&#(?!(?:[1-9][0-9]{2,3}|[4-9][0-9]|3[2-9]);)(?:([0-9]+)|[xX]([0-9a-fA-F]+));?")
"""References that are not certainly good: those to 32-9999 are, and most are among them."""
_LONG_TAG: Final = re.compile(rf"<[A-Za-z_:][^<]{{{MAX_START_TAG}}}")
_WHOLE_TAG: Final = re.compile(r"""<(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""")
_EXTERNAL: Final = re.compile(
    r"""<!DOCTYPE\s+([\w:.-]{1,100})((?:\s+(?:PUBLIC|SYSTEM|"[^"<>]*"|'[^'<>]*'))*)""", re.IGNORECASE
)
_NAME: Final = re.compile(r"[\w:.-]{1,100}")
_SPACE: Final = re.compile(r"\s+")
_CDATA: Final = "<![CDATA["


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document the parser may see."""

    text: str
    """A DOCTYPE at most, then everything from the first element on."""
    skipped_lines: int
    """Lines before the first element: what the parser says of lines is short by as many."""
    skipped_columns: int
    """The same for columns, on the line the first element stands on."""
    complaint: str = ""
    """What was wrong before the first element; empty when nothing was."""


def unpack(body: bytes) -> bytes | Failed:
    """Take off gzip that the server did not declare, one layer, within `MAX_BODY` bytes."""
    if len(body) > MAX_BODY:
        return _too_large(f"the document has {len(body):,} bytes")
    if not body.startswith(_GZIP_MAGIC):
        return body
    inflate = zlib.decompressobj(wbits=31)
    try:
        plain = inflate.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        return Failed(kind=FailureKind.BAD_RESPONSE, message=f"the document is gzip that can't be unpacked: {error}")
    if len(plain) > MAX_BODY:
        return _too_large(f"the document is gzip of {len(body):,} bytes that holds more than {MAX_BODY:,}")
    if not inflate.eof:
        return Failed(kind=FailureKind.BAD_RESPONSE, message="the document is gzip that breaks off before its end")
    return plain


def prepare(text: str) -> Prepared | Failed:
    """Make an XML document harmless, or say why it is refused."""
    prolog = _scan_prolog(text)
    if isinstance(prolog, Failed):
        return prolog
    start, doctype, junk = prolog
    cut, tags = _without_long_tags(text[start:])
    complaints = [f"text before the first element: {junk!r}"] if junk else []
    if tags:
        complaints.append(f"{tags} tags of more than {MAX_START_TAG:,} characters lost their attributes")
    return Prepared(
        text=doctype + _without_bad_references(xml_safe(cut)),
        skipped_lines=text.count("\n", 0, start),
        skipped_columns=start - (text.rfind("\n", 0, start) + 1),
        complaint="; ".join(complaints),
    )


def begin_of_sound(text: str) -> str:
    """Give the text from the first element on, for a parser that stops at what this module would mend.

    That is expat: a document that it takes to be well-formed holds no character and no reference that XML forbids, so looking
    for them first would only take time. Empty where there is anything else to refuse, mend or mention.
    """
    prolog = _scan_prolog(text)
    if isinstance(prolog, Failed) or any(prolog[1:]) or _has_long_gap(text):
        return ""
    return text[prolog[0] :]


def without_sections(text: str, opening: str, closing: str) -> str:
    """Drop everything from each `opening` to the next `closing`, or to the end. Linear, unlike a lazy regex."""
    kept, *others = text.split(opening)
    return "".join([kept, *(other.partition(closing)[2] for other in others)])


def _scan_prolog(text: str) -> tuple[int, str, str] | Failed:
    """Find the first element.

    Returns:
        Where it begins, the DOCTYPE to keep, and the first words of any text outside of markup.
    """
    doctype, junk, position = "", "", 0
    while (opening := text.find("<", position)) >= 0:
        junk = junk or _first_words(text[position:opening][:2000])
        if _ROOT.match(text, opening + 1):
            return opening, doctype, junk
        if text.startswith("<!--", opening):
            position = _after(text, "-->", opening + 4)
        elif text.startswith("<?", opening):
            position = _after(text, "?>", opening + 2)
        elif text.startswith("<!", opening):
            position = _declaration_end(text, opening)
            if position < 0:
                return _entities()
            doctype = doctype or _external_doctype(text[opening : min(position, opening + 2000)])
        else:
            position = opening + 1
    return len(text), "", junk or _first_words(text[position:][:2000])


def _after(text: str, closing: str, position: int) -> int:
    end = text.find(closing, position)
    return len(text) if end < 0 else end + len(closing)


_IN_DECLARATION: Final = re.compile(r"""<!--|<!ENTITY|<\?|"[^"]*"|'[^']*'|[\[\]>]""", re.IGNORECASE)


def _declaration_end(text: str, opening: int) -> int:
    """Find where `<!...>` ends, its internal subset included; -1 when it declares an entity."""
    depth, position = 0, opening + 2
    while found := _IN_DECLARATION.search(text, position):
        position = found.end()
        match found[0]:
            case "<!--":
                position = _after(text, "-->", position)
            case "<?":
                position = _after(text, "?>", position)
            case "[":
                depth += 1
            case "]":
                depth -= 1
            case ">" if depth <= 0:
                return position
            case token if token.upper() == "<!ENTITY":
                return -1
    return len(text)


def _external_doctype(declaration: str) -> str:
    """Keep name and identifiers: `-//Netscape//DTD RSS 0.91` is how feedparser knows that format."""
    found = _EXTERNAL.match(declaration)
    return _SPACE.sub(" ", f"<!DOCTYPE {found[1]}{found[2]}>") if found else ""


def _first_words(text: str) -> str:
    return " ".join(text.replace("\ufeff", " ").replace("\0", " ").split())[:60]


def _without_long_tags(text: str) -> tuple[str, int]:
    """Take the attributes of start tags beyond the limit; begins with a cheap necessary sign of one.

    CDATA is left alone: HTML with an image written into its address is long, and no tag to the XML parser.
    """
    if not _has_long_gap(text) or not _LONG_TAG.search(text):
        return text, 0
    pieces: list[str] = []
    count = 0
    for number, section in enumerate(text.split(_CDATA)):
        inside, end, outside = section.partition("]]>") if number else ("", "", section)
        markup, found = _with_short_tags(outside)
        pieces.append(inside + end + markup)
        count += found
    return _CDATA.join(pieces), count


def _has_long_gap(text: str) -> bool:
    """Tell whether a stretch of `MAX_START_TAG` characters has no tag in it, looking at one place in so many."""
    at = text.find("<")
    while 0 <= at < len(text) - MAX_START_TAG:
        at = text.rfind("<", at + 1, at + MAX_START_TAG + 1)
        if at < 0:
            return True
    return False


def _with_short_tags(markup: str) -> tuple[str, int]:
    pieces: list[str] = []
    count = position = 0
    for found in _LONG_TAG.finditer(markup):
        whole = _WHOLE_TAG.match(markup, found.start())
        if found.start() < position or (whole and len(whole[0]) <= MAX_START_TAG):
            continue
        name = _NAME.match(markup, found.start() + 1)
        slash = "/" if whole and whole[0].endswith("/>") else ""
        pieces += [markup[position : found.start()], f"<{name[0]}{slash}>" if name and whole else ""]
        position = whole.end() if whole else found.end()
        count += 1
    return "".join([*pieces, markup[position:]]), count


def _without_bad_references(text: str) -> str:
    """Drop `&#55296;` and the like: one of them makes feedparser raise and the whole feed is lost."""
    return _REFERENCE.sub(_keep_good_reference, text) if "&#" in text else text


def _keep_good_reference(found: re.Match[str]) -> str:
    decimal, hexadecimal = found[1], found[2]
    digits = (decimal or hexadecimal).lstrip("0")
    if len(digits) <= len("1114111"):
        code = int(digits or "0", 10 if decimal else 16)
        if code <= sys.maxunicode and xml_safe(chr(code)):
            return found[0]
    # A "<" before it begins no tag; without anything in between, what follows it might make it one.
    return " " if found.string[found.start() - 1 : found.start()] == "<" else ""


def _entities() -> Failed:
    return Failed(
        kind=FailureKind.HOSTILE_DOCUMENT,
        message="the document declares XML entities, which no feed needs and which can be made to expand without end",
    )


def _too_large(seen: str) -> Failed:
    return Failed(
        kind=FailureKind.TOO_LARGE, message=f"{seen}; at most {MAX_BODY:,} ({MAX_BODY // 2**20} MiB) are read"
    )
