"""What published feeds are held to: RFC 4287 and 5005, the RSS Advisory Board's profile of RSS 2.0, JSON Feed 1.1.

Each check raises AssertionError with what is wrong; the two grammars stand in `schemas/`.
"""

import json
import re
from collections import Counter
from email.utils import parsedate_to_datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import jsonschema
from lxml import etree

SCHEMAS = Path(__file__).parent / "schemas"
ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"

_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0d-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
"""Characters that XML 1.0 (section 2.2) forbids or discourages, and CR, which no parser would give back."""

Head = dict[str, tuple[int, int]]
"""Names of elements, each with how many there may be: least, most."""

_CHANNEL: Head = {
    "title": (1, 1),
    "link": (1, 1),
    "description": (1, 1),
    f"{ATOM}link": (1, 5),
    "lastBuildDate": (1, 1),
    "ttl": (1, 1),
    "generator": (1, 1),
    "docs": (1, 1),
    "language": (0, 1),
    f"{HISTORY}archive": (0, 1),
    f"{HISTORY}complete": (0, 1),
    "item": (0, 10_000),
}
_ITEM: Head = {
    "title": (1, 1),
    "link": (1, 1),
    "guid": (1, 1),
    "pubDate": (1, 1),
    f"{ATOM}updated": (0, 1),
    f"{DUBLIN_CORE}creator": (0, 1),
    f"{DUBLIN_CORE}language": (0, 1),
    "category": (0, 10_000),
    f"{ATOM}link": (0, 10_000),
    "enclosure": (0, 1),
    "comments": (0, 1),
    "source": (0, 1),
    "description": (1, 1),
    f"{CONTENT}encoded": (0, 1),
}


def check(kind: str, document: bytes) -> None:
    """Check a document by its suffix: `atom`, `rss`, `json`."""
    {"atom": check_atom, "rss": check_rss, "json": check_json}[kind](document)


def check_atom(document: bytes) -> None:
    """Check an Atom document."""
    root = _tree(document)
    grammar = _grammar()
    assert grammar.validate(root), grammar.error_log
    entries = root.findall(f"{ATOM}entry")
    ids = [_of(entry, f"{ATOM}id") for entry in (root, *entries)]
    assert len(set(ids)) == len(ids), "ids that are not unique (section 4.1.1)"
    has_author = root.find(f"{ATOM}author") is not None
    assert has_author or all(entry.find(f"{ATOM}author") is not None for entry in entries), "an entry without author"
    moments = [_of(entry, f"{ATOM}updated") for entry in entries]
    assert all(moment <= _of(root, f"{ATOM}updated") for moment in moments), "an entry newer than its feed"
    for entry in entries:
        assert _hrefs(entry, "alternate"), "no alternate link"
        for relation in ("related", "enclosure"):
            hrefs = _hrefs(entry, relation)
            assert len(hrefs) == len(set(hrefs)), f"a {relation} link twice"
    for element in (root, *entries, *root.iterfind(f"{ATOM}entry/{ATOM}source")):
        assert len(_hrefs(element, "alternate")) <= 1, "several alternate links of one type (section 4.1.1)"
    assert (len(_hrefs(root, "self")), len(_hrefs(root, "alternate"))) == (1, 1)
    _check_history(root, root.findall(f"{ATOM}link"))
    _read_back(document, "application/atom+xml", "atom10", len(entries))


def check_rss(document: bytes) -> None:
    """Check an RSS document by the profile."""
    root = _tree(document)
    assert (root.tag, root.get("version"), len(root)) == ("rss", "2.0", 1)
    channel, items = root[0], root[0].findall("item")
    _check_children(channel, _CHANNEL)
    for item in items:
        _check_children(item, _ITEM)
        _check_item(item)
    assert _ADDRESS.fullmatch(_of(channel, "link"))
    assert _DATE.fullmatch(_of(channel, "lastBuildDate"))
    assert int(_of(channel, "ttl")) > 0
    links = channel.findall(f"{ATOM}link")
    assert [link.get("rel") for link in links].count("self") == 1
    assert all(_ADDRESS.fullmatch(link.get("href") or "") for link in links)
    guids = [_of(item, "guid") for item in items]
    assert len(guids) == len(set(guids)), "guids that are not unique"
    _check_history(channel, links)
    _read_back(document, "application/rss+xml", "rss20", len(items))


def check_json(document: bytes) -> None:
    """Check a JSON Feed."""
    found = json.loads(document)
    _schema().validate(found)
    ids = [item["id"] for item in found["items"]]
    assert len(ids) == len(set(ids)), "ids that are not unique"
    for text in _texts(found):
        assert not _UNWANTED.search(text.replace("\n", " ")), repr(text)


def _check_item(item: etree._Element) -> None:
    assert item[0].tag == "title"
    assert _ADDRESS.fullmatch(_of(item, "link"))
    assert _DATE.fullmatch(_of(item, "pubDate"))
    assert parsedate_to_datetime(_of(item, "pubDate")).tzinfo is not None
    guid, enclosure, source = item.find("guid"), item.find("enclosure"), item.find("source")
    assert guid is not None
    assert guid.get("isPermaLink") == "false"
    if enclosure is not None:
        assert set(enclosure.attrib) == {"url", "length", "type"}
        assert (enclosure.get("length") or "").isdecimal()
    if source is not None:
        assert _ADDRESS.fullmatch(source.get("url") or "")
    names = [child.tag for child in item]
    if f"{CONTENT}encoded" in names:
        assert names.index("description") < names.index(f"{CONTENT}encoded"), "description is to stand first"
    # What is text is escaped once more, for readers take descriptions for HTML: no tag of a publisher's is in it.
    assert "<" not in _of(item, "description")


def _check_children(element: etree._Element, allowed: Head) -> None:
    counts = Counter(str(child.tag) for child in element)
    assert set(counts) <= set(allowed), set(counts) - set(allowed)
    for name, (least, most) in allowed.items():
        assert least <= counts[name] <= most, (name, counts[name])


def _check_history(head: etree._Element, links: list[etree._Element]) -> None:
    """RFC 5005: an archive leads to the current document, which is no archive; what is complete leads nowhere else."""
    relations = [link.get("rel") for link in links]
    is_archive = head.find(f"{HISTORY}archive") is not None
    assert ("current" in relations) == is_archive
    assert len(relations) == len(set(relations)), relations
    if is_archive:
        assert "next" not in relations
    if head.find(f"{HISTORY}complete") is not None:
        assert not {"next", "previous", "prev-archive", "next-archive"} & set(relations)


def _hrefs(element: etree._Element, relation: str) -> list[str | None]:
    return [link.get("href") for link in element.findall(f"{ATOM}link") if link.get("rel") == relation]


def _tree(document: bytes) -> etree._Element:
    assert document.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<?xml-stylesheet type="text/css" href="')
    text = document.decode("utf-8")
    assert not _UNWANTED.search(text), "a character that XML forbids or discourages"
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    return etree.fromstring(document, parser)


def _of(element: etree._Element, name: str) -> str:
    text = element.findtext(name)
    assert text, f"{name} is missing or empty"
    return text


def _read_back(document: bytes, media_type: str, version: str, entries: int) -> None:
    found = feedparser.parse(  # noqa: TID251 - a reader's view of what we publish; handed BytesIO as the rule wants
        BytesIO(document), response_headers={"content-type": f"{media_type}; charset=utf-8"}
    )
    assert not found.bozo, found.get("bozo_exception")
    assert (found.version, len(found.entries)) == (version, entries)
    assert all(entry.get("published_parsed") and entry.get("link") for entry in found.entries)


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - JSON is anything
    if isinstance(value, str):
        return [value]
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for each in inner for text in _texts(each)]


@cache
def _grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(str(SCHEMAS / "atom.rng")))


@cache
def _schema() -> jsonschema.Draft202012Validator:
    schema = json.loads((SCHEMAS / "jsonfeed.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)
