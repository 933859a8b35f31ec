"""Imprints: hashes of what entries look like in their document, by which a known one is passed over unread."""

from dataclasses import dataclass

from aggregator.model.ids import EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprints:
    """Of a document, as it was read."""

    context: bytes = b""
    """Hash of whatever else decides what its entries become; empty where they have no imprints."""
    entries: tuple[bytes, ...] = ()
    """One an entry, in the document's order, those that were not read included; empty for one that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownImprints:
    """Of the document of a feed that was stored last.

    In the same context an entry of the same imprint is read to just what is stored under the id, as far as recognising
    it goes: see `KnownEntry`.
    """

    context: bytes = b""
    entries: tuple[tuple[bytes, EntryId], ...] = ()
    """In the document's order; an imprint may occur again."""


NOTHING_KNOWN = KnownImprints()
