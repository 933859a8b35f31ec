"""How much of a document is read. Figures of real feeds: the largest of 538 has 142,800 bytes and 100 entries."""

from typing import Final

from aggregator.text import html, urls

MAX_BODY: Final = 10 * 1024 * 1024
"""Bytes of a document, after decompression. A feed of 5.8 MB takes about one second to read."""

MAX_START_TAG: Final = 64 * 1024
"""Characters of one start tag: 100,000 attributes on one tag keep the parser busy for more than a minute."""

MAX_ENTRIES: Final = 2_000
"""Entries of a document; the others are counted, not read."""

MAX_FIELD: Final = html.MAX_LENGTH
"""Characters of a summary or a content, markup included."""

MAX_LINE: Final = 1_000
"""Characters of a headline, a name or a tag: what is longer is cut."""

MAX_NAME: Final = 2_048
"""Characters of a guid. A name cut short could be another entry's name, so a longer one is no name at all."""

MAX_ADDRESS: Final = urls.MAX_LENGTH
"""Characters of an address; what is longer is no address."""

MAX_TAGS: Final = 50
"""Tags of an entry."""

MAX_HUBS: Final = 5
"""WebSub hubs of a document; those that name any name one or two."""

MAX_ENCLOSURES: Final = 20
"""Media files of an entry."""
