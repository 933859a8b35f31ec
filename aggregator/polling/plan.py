"""Which entries of a document are new, which changed: recognising entries again.

An entry is known by its guid, else its address, else its headline with its time. Where that name is unique on
both sides, it decides. Real feeds also give one guid to different entries, or list an entry twice; there, what
the entries say decides who is who, and each known entry is recognised once at most.

The order of the steps is the rule: surest first, and what one step has matched is not up for the next.

    1  entries of one identity: a single parsed and a single known one match; several match by fingerprint, then by
       address and headline, then by address, then by headline
    2  what is left over: the same address where only one of the two has a guid, because the feed began or ceased
       to give guids
    3  what is left of the document is new
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence

from aggregator.model.entry import KnownEntry, ParsedEntry
from aggregator.model.ids import EntryId
from aggregator.model.poll import EntryPlan

Entry = ParsedEntry | KnownEntry
Mark = Callable[[Entry], Hashable | None]
"""What two entries must have in common to be one; None: the entry has nothing to go by."""

Numbered = tuple[int, Entry]
"""An entry of the document with its place in it."""
Matches = dict[int, KnownEntry]
"""Place in the document -> the stored entry it is."""


def plan(known: Sequence[KnownEntry], parsed: Sequence[Entry]) -> EntryPlan:
    """Decide what a document's entries mean for the database.

    Args:
        known: of the same feed, oldest first: every entry that has a guid or an address of `parsed`, and those with
            the headline of a parsed entry that has neither; more does no harm.
        parsed: in document order; a known one stands for an entry that says just what is stored of it, and was not read.

    Returns:
        Every parsed entry as exactly one of new, changed and unchanged; new and changed in document order.
    """
    if not known:
        return _of_new_feed(parsed)
    numbered = list(enumerate(parsed))
    matches = _same_identity(numbered, known)
    matches |= _pair(_unmatched(numbered, matches), _unused(known, matches), _naming, _other_naming)
    return _as_plan(parsed, matches)


def _of_new_feed(parsed: Sequence[Entry]) -> EntryPlan:
    """Decide where nothing is stored that an entry could be."""
    new = tuple([entry for entry in parsed if isinstance(entry, ParsedEntry)])
    # What was not read because it is known is not stored any more.
    incomplete = len(new) < len(parsed)
    return EntryPlan(incomplete=True) if incomplete else EntryPlan(new=new, places=tuple(range(len(new))))


def identity(entry: Entry) -> Hashable:
    """Give the name by which an entry is known again; what has no name at all is known by what it says."""
    if entry.guid:
        return ("guid", entry.guid)
    if entry.url:
        return ("url", entry.url)
    if entry.headline or entry.published_at:
        return ("text", entry.headline, entry.published_at)
    return ("fingerprint", entry.fingerprint)


def _same_identity(numbered: Sequence[Numbered], known: Sequence[KnownEntry]) -> Matches:
    known_groups: dict[Hashable, list[KnownEntry]] = defaultdict(list)
    for stored in known:
        known_groups[identity(stored)].append(stored)
    parsed_groups: dict[Hashable, list[Numbered]] = defaultdict(list)
    for place, entry in numbered:
        parsed_groups[identity(entry)].append((place, entry))
    matches: Matches = {}
    for name, group in parsed_groups.items():
        matches |= _within_group(group, known_groups.get(name, []))
    return matches


def _within_group(group: Sequence[Numbered], known: Sequence[KnownEntry]) -> Matches:
    if len(group) == len(known) == 1:
        return {group[0][0]: known[0]}
    matches: Matches = {}
    for mark in (_fingerprint, _address_and_headline, _address, _headline):
        matches |= _pair(_unmatched(group, matches), _unused(known, matches), mark, mark)
    return matches


def _pair(group: Iterable[Numbered], known: Iterable[KnownEntry], mark: Mark, known_mark: Mark) -> Matches:
    """Match entries whose marks are equal: first with first, each once."""
    waiting: dict[Hashable, deque[KnownEntry]] = defaultdict(deque)
    for stored in known:
        waiting[known_mark(stored)].append(stored)
    matches: Matches = {}
    for place, entry in group:
        if (common := mark(entry)) is not None and waiting[common]:
            matches[place] = waiting[common].popleft()
    return matches


def _unmatched(group: Iterable[Numbered], matches: Matches) -> list[Numbered]:
    return [(place, entry) for place, entry in group if place not in matches]


def _unused(known: Iterable[KnownEntry], matches: Matches) -> list[KnownEntry]:
    used = {stored.id for stored in matches.values()}
    return [stored for stored in known if stored.id not in used]


def _fingerprint(entry: Entry) -> Hashable:
    return entry.fingerprint


def _address_and_headline(entry: Entry) -> Hashable | None:
    return (entry.url, entry.headline) if entry.url and entry.headline else None


def _address(entry: Entry) -> Hashable | None:
    return entry.url or None


def _headline(entry: Entry) -> Hashable | None:
    return entry.headline or None


def _naming(entry: Entry) -> Hashable | None:
    return (entry.url, bool(entry.guid)) if entry.url else None


def _other_naming(entry: Entry) -> Hashable | None:
    return (entry.url, not entry.guid) if entry.url else None


def _as_plan(parsed: Sequence[Entry], matches: Matches) -> EntryPlan:
    new: list[tuple[int, ParsedEntry]] = []
    changed: list[tuple[EntryId, ParsedEntry]] = []
    exact: list[tuple[int, EntryId]] = []
    for place, entry in enumerate(parsed):
        stored = matches.get(place)
        if stored and _keeps(stored, entry):
            exact.append((place, stored.id))
        if stored and stored.fingerprint == entry.fingerprint:
            continue
        if isinstance(entry, KnownEntry):
            # It stands in the document more often than it is stored, or what was stored of it has been replaced.
            return EntryPlan(incomplete=True)
        if stored is None:
            new.append((place, entry))
        else:
            changed.append((stored.id, entry))
    return EntryPlan(
        new=tuple([entry for _, entry in new]),
        changed=tuple(changed),
        unchanged=len(parsed) - len(new) - len(changed),
        places=tuple([place for place, _ in new]),
        exact=tuple(exact),
    )


def _keeps(stored: KnownEntry, entry: Entry) -> bool:
    """Tell whether all that recognising goes by is stored as the entry says it, now or once it was stored as changed.

    The first guid and the first time that were stored stay; while an entry is unchanged, nothing of it is stored.
    """
    if stored.fingerprint == entry.fingerprint:
        return (stored.guid, stored.published_at, stored.url, stored.headline) == (
            *(entry.guid, entry.published_at, entry.url, entry.headline),
        )
    return stored.guid in {None, entry.guid} and stored.published_at in {None, entry.published_at}
