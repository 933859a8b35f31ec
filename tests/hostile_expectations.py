"""What must become of each document that is made to hurt, by the words of the MANIFEST that comes with them.

A document is looked at twice: after it was polled first, beside all others, and after a second poll. Those that stand for what becomes of a
good feed one day ("old items kept") are then given in the place of a good one, see `PLACES`.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PLACES: Final = {
    "semantics/changing_guid_poll0.xml": "semantics/changing_guid_poll1.xml",
    "encoding/ok_gb18030.xml": "semantics/mixed_root.xml",
    "encoding/ok_big5.xml": "semantics/empty.xml",
    "encoding/ok_shift_jis.xml": "semantics/empty_channel.xml",
}
"""Which document is given at the second poll in the place of which."""

MOST_ENTRIES: Final = 2_000
LONGEST_HEADLINE: Final = 1_000
_INTACT: Final = "Ünïcödé – “quotes” Ж 中 ع"
_SECRETS: Final = (
    "root:x:0",
    Path("/etc/hostname").read_text().strip() if Path("/etc/hostname").exists() else "root:x:0",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is stored of the feed of a document."""

    outcome: str
    message: str
    headlines: tuple[str, ...]
    """Of its entries, in order of coming in."""
    visible: int
    """How many of them lists show."""
    texts: str
    """All that its entries say, and all of their addresses."""
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document, what it is meant to show, and what became of it."""

    name: str
    expect: str
    title: str
    first: State
    again: State
    """After the second poll."""
    replaced: State | None
    """After the second poll, of the feed in whose place it was given then."""


def state(database: Path, feed: str) -> State:
    """Look at a feed that has been polled."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        outcome, message = connection.execute(
            "SELECT last_outcome, last_message FROM feeds WHERE id = ?", [feed]
        ).fetchone()
        found = connection.execute(
            "SELECT e.headline, e.shown AND e.copy_of IS NULL, e.url, e.comments_url, e.image_url, e.enclosures, e.source, e.teaser, t.summary, t.content"
            " FROM entries AS e LEFT JOIN entry_texts AS t ON t.entry_id = e.id WHERE e.feed_id = ? ORDER BY e.id",
            [feed],
        ).fetchall()
    addresses = [address for row in found for address in row[2:5] if address]
    for row in found:
        addresses += [each["url"] for each in json.loads(row[5] or "[]")]
        addresses += [json.loads(row[6]).get("url") or "https://no.example/"] if row[6] else []
    return State(
        outcome=outcome,
        message=message or "",
        headlines=tuple(row[0] for row in found),
        visible=sum(bool(row[1]) for row in found),
        texts="\n".join(str(row) for row in found),
        addresses=tuple(addresses),
    )


def unmet(documents: Mapping[str, Document]) -> list[str]:
    """Say which documents did not become what they must.

    Raises:
        KeyError: nobody has said yet what an expectation means.
    """
    return [
        f"{document.name}: expected {document.expect!r}, found {document.again.outcome} {document.again.message!r} {document.again.headlines[:3]}"
        for document in documents.values()
        if not all(EXPECTATIONS[words](document) for words in _parts(document))
    ]


def _parts(document: Document) -> list[str]:
    if document.expect.startswith("title =="):
        return ["title =="]
    return [part for part in re.split("; ", document.expect) if part]


def _settled(document: Document) -> bool:
    """It was read, or refused with a sentence."""
    return document.first.outcome == "fetched" or bool(document.first.message)


def _read(document: Document) -> bool:
    return document.first.outcome == "fetched"


def _refused(document: Document) -> bool:
    return document.first.outcome == "failed" and bool(document.first.message)


def _stable(document: Document) -> bool:
    """A second poll of the same brings nothing new."""
    return document.first.headlines == document.again.headlines


def _intact(document: Document) -> bool:
    return any(_INTACT in headline for headline in document.first.headlines)


def _titled(document: Document) -> bool:
    return document.title in document.first.headlines


def _kept(document: Document, outcome: str) -> bool:
    """The feed in whose place it was given has its entries still."""
    found = document.replaced
    return found is not None and found.outcome == outcome and len(found.headlines) > 0


def _issued_again(document: Document) -> bool:
    """An article that a feed issues again under another guid and another address is listed twice, and neither is lost: that is ADR 0004."""
    found = document.replaced or document.again
    return found.visible == len(found.headlines) == 2 * len(set(found.headlines))


def _clean(document: Document) -> bool:
    """Text that any program can take: no surrogates, no controls, and nothing that stands for what could not be read."""
    return not re.search("[\ud800-\udfff\x00-\x08\ufffd]", document.first.texts)


def _secretive(document: Document) -> bool:
    return not any(secret in document.first.texts for secret in _SECRETS)


def _only_web(document: Document) -> bool:
    return all(address.startswith(("http://", "https://")) for address in document.first.addresses)


def _inert(document: Document) -> bool:
    return _settled(document) and "<script" not in document.first.texts


_UNTOUCHED: Final = _settled
"""What holds of all others and of the program as a whole is asserted of the run."""

EXPECTATIONS: Final[Mapping[str, Callable[[Document], bool]]] = {
    "parse or reject within 5 s and 256 MB": _settled,
    "no crash": _settled,
    "other feeds unaffected": _UNTOUCHED,
    "nothing from the file system or network may appear in output, and no request may be made": _secretive,
    "shows café etc.": lambda one: any(headline.startswith("café") for headline in one.first.headlines),
    "unknown left literal": lambda one: any("&notanentity;" in headline for headline in one.first.headlines),
    "title truncated in UI/storage": lambda one: 0 < max(map(len, one.first.headlines), default=0) <= LONGEST_HEADLINE,
    "cap per feed": lambda one: 0 < len(one.first.headlines) <= MOST_ENTRIES,
    "UI stays responsive": _UNTOUCHED,
    "download aborted at the size cap measured AFTER decompression": _refused,
    "as above": _refused,
    "error recorded, no crash": _refused,
    "error or transparently decoded": _settled,
    "sanitiser/plain-text conversion linear: <2 s": _read,
    "<5 s": _settled,
    "title intact": _intact,
    "title intact or recorded error": lambda one: _intact(one) or _refused(one),
    "readable title, no U+FFFD soup preferred": lambda one: _read(one) and _clean(one),
    "header charset wins": _intact,
    "not our bug": _read,
    "shown as is or repaired": lambda one: len(one.first.headlines) > 0,
    "parsed with replacement": _read,
    "DB and JSON output valid UTF-8": _clean,
    "no crash in SQLite/FTS/HTML": _clean,
    "no crash, no lone surrogate reaches json.dumps/DB": _clean,
    "layout contained": lambda one: (
        _read(one) and not re.search("[\u202a-\u202e\u2066-\u2069]", "".join(one.first.headlines))
    ),
    "parsed": _intact,
    "parsed or recorded error": _settled,
    "inert": _inert,
    "title ==": _titled,
    "every item is shown": lambda one: one.first.visible == len(one.first.headlines) > 30,
    "unparseable/future dates do not pin the item to the top for ever": _UNTOUCHED,
    "documented policy": _read,
    "stable across polls": _stable,
    "no unbounded duplicates across polls": _stable,
    "stable": _stable,
    "second poll adds 0 visible duplicates (or policy documented)": _issued_again,
    "feed marked failing": lambda one: _refused(one) and _kept(one, "failed"),
    "error recorded": lambda one: _refused(one) and _kept(one, "failed"),
    "old items kept": lambda one: one.replaced is not None and len(one.replaced.headlines) > 0,
    "old items kept, no error": lambda one: _kept(one, "fetched"),
    "parsed as JSON Feed or clean error": _settled,
    "first parsed or error": lambda one: _refused(one) or "one" in one.first.headlines,
    "items parsed": lambda one: "ok" in one.first.headlines,
    "items parsed or error recorded": lambda one: "ok" in one.first.headlines or _refused(one),
    "only http(s) (and relative, resolved) become href/src": _only_web,
    "refused unless the operator allows private networks": _refused,
    "non-http(s) rejected, rest reported, import does not abort": _refused,
    "import finishes": _refused,
    "no thundering herd": _refused,
    "rendered page executes nothing": _read,
    "no event handlers, no non-http(s) URLs, no style/iframe/form/svg script": _only_web,
}
"""What the words of the MANIFEST mean. Of lists of subscriptions, which are no feeds, what is imported is asserted beside this."""
