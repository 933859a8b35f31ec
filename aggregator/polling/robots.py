"""What a site's robots.txt lets programs fetch that nobody sits in front of (RFC 9309).

Feeds are published to be polled, so they are not looked up here. Pages are not: whoever fetches each article behind a feed
is a crawler, if a small one.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

PRODUCT: Final = "aggregator"
"""What we call ourselves in the User-Agent."""
MAX_BYTES: Final = 500 * 1024
"""RFC 9309 section 2.5: at least so much has to be read."""
_MOST_RULES: Final = 2000
_MOST_STARS: Final = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of a group."""

    allows: bool
    path: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The lines that hold for us."""

    rules: tuple[Rule, ...] = ()

    def allow(self, url: str) -> bool:
        """Tell whether an address may be fetched: the longest path that matches decides, allowing if two are as long."""
        parts = urlsplit(url)
        path = _normal((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        found = [rule for rule in self.rules if _matches(rule.path, path)]
        return max(found, key=lambda rule: (len(rule.path), rule.allows), default=Rule(allows=True, path="")).allows


EVERYTHING: Final = Rules()


def parse(text: str, *, product: str = PRODUCT) -> Rules:
    """Read a robots.txt: the groups that name us, else those for all (section 2.2.1). Never raises."""
    ours: list[Rule] = []
    others: list[Rule] = []
    agents: set[str] = set()
    is_begun = named = False
    for line in text.lstrip("\ufeff").splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            agents = agents if not is_begun else set()
            is_begun = False
            agents.add(value.lower())
            named = named or value.lower() == product
        elif key in {"allow", "disallow"}:
            is_begun = True
            for name, rules in ((product, ours), ("*", others)):
                if name in agents and value and len(rules) < _MOST_RULES:
                    rules.append(Rule(allows=key == "allow", path=_normal(value)))
    return Rules(tuple(ours if named else others))


def _normal(path: str) -> str:
    """Spell percent-escapes in one way (section 2.2.2)."""
    return quote(unquote(path, errors="surrogateescape"), safe="/?*$=&;:,@!~'()+%", errors="surrogateescape")


def _matches(pattern: str, path: str) -> bool:
    """Match `*` (anything) and a `$` at the end, in time linear in the path for each star."""
    is_whole = pattern.endswith("$")
    first, *pieces = pattern.removesuffix("$").split("*", _MOST_STARS)
    if not path.startswith(first):
        return False
    if not pieces:
        return not is_whole or path == first
    place = len(first)
    for piece in pieces[:-1]:
        found = path.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    last = pieces[-1]
    return path.endswith(last) and len(path) - len(last) >= place if is_whole else path.find(last, place) >= 0
