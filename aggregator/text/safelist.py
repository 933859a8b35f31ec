"""Which HTML may be shown: elements, attributes, addresses. The rules that nh3 is given, and that `tidy` obeys too."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Final

from aggregator.text.urls import origin, origin_of, web_url

Filter = Callable[[str, str, str], str | None]
"""Takes element, attribute and value; gives the value to keep, None to drop the attribute."""

TAGS: Final = frozenset(
    "a abbr b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn dir div dl dt em figcaption figure "
    "font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub summary sup "
    "table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
ATTRIBUTES: Final = {
    "*": {"dir", "lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
SCHEMES: Final = {"http", "https", "mailto"}
REL: Final = "noopener noreferrer nofollow ugc"
"""Of every link."""

_NUMBERS: Final = frozenset({"width", "height", "start", "value", "colspan", "rowspan"})
_NUMBER: Final = re.compile(r"\s*(-?\d{1,5})(?:\.\d*)?\s*(?:px)?\s*", re.ASCII)
_MAILTO: Final = re.compile(r"mailto:[^\s\x00-\x1f\"'<>]{3,320}", re.IGNORECASE)


@lru_cache(maxsize=16)
def attribute_filter(base_url: str | None, own_origins: tuple[str, ...]) -> Filter:
    """Make the rule for attributes of documents from an address; the entries of one document share it."""
    own = frozenset(origin(address) for address in own_origins)

    def attribute(_: str, name: str, value: str) -> str | None:
        if name in {"href", "src"}:
            return _address(value, base_url, own, mail=name == "href")
        return _attribute(name, value)

    return attribute


def is_shown(image: Mapping[str, str]) -> bool:
    """Tell by its attributes an image from one without an address, and from a tracking pixel."""
    sizes = [int(image[name]) for name in ("width", "height") if name in image]
    return "src" in image and (not sizes or max(sizes) > 1)


def _address(value: str, base_url: str | None, own: Collection[str], *, mail: bool) -> str | None:
    if mail and _MAILTO.fullmatch(value):
        return value
    url = web_url(value, base=base_url)
    return None if url is None or (own and origin_of(url) in own) else url


def _attribute(name: str, value: str) -> str | None:
    if name in _NUMBERS:
        match = _NUMBER.fullmatch(value)
        return match[1] if match else None
    if name == "dir":
        return value.lower() if value.lower() in {"ltr", "rtl", "auto"} else None
    return value
