"""Markup: the tokens of HTML, and what it would cost to build a tree of them.

The tokenizer follows the HTML standard (section 13.2.5, tokenization) and is linear: every pattern either is possessive or
consumes up to the end of the text.
"""

import re

MAX_DEPTH = 500
MAX_EFFORT = 1_000_000
"""Sum of depths over all tags. A long article has 5,000 tags in a depth of 15: 75,000. One million takes nh3 about 0.1 s."""
MAX_ATTRIBUTES = 400
"""Of one tag; 90,000 take 1.8 s."""
MAX_ENTITIES = 100_000
"""Ampersands; each costs nh3 up to 4 us."""

_SMALL = 16 * 1024
_FEW_TAGS = 700
"""Within both of these no input costs more than a few milliseconds, and nothing is measured."""

_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>"'][^\s>]*+)?)?"""
TOKEN = re.compile(
    rf"""<(?:
        !--(?:>|->|.*?(?:--!?>|\Z))
      | (?P<end>/)?(?P<name>[a-z][^\s/>]*+)(?P<attributes>(?:{_ATTRIBUTE})*+)[\s/]*+(?:>|(?P<torn>\Z))
      | [!?/][^>]*+(?:>|\Z)
    )""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE, re.ASCII)
NAMED_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?P<name>[^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"(?P<double>[^"]*+)(?:"|\Z)|'(?P<single>[^']*+)(?:'|\Z)|(?P<bare>[^\s>"'][^\s>]*+))?)?""",
    re.ASCII,
)
UNREADABLE = re.compile(
    r"<(script|style|template|iframe|noembed|noframes|svg|math)(?=[\s/>]).*?(?:</\1(?=[\s/>])[^>]*+(?:>|\Z)|\Z)",
    re.DOTALL | re.IGNORECASE | re.ASCII,
)
"""Elements whose content is for no reader. An unclosed one swallows the rest, as it does in a browser."""

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_CELLS = frozenset({"td", "th"})
_ROWS = _CELLS | {"tr"}
_TABLE_PARTS = _ROWS | {"tbody", "thead", "tfoot", "caption"}
_CLOSED_BY_NEXT = {
    "p": {"p"},
    "li": {"li", "p"},
    "dt": {"dt", "dd", "p"},
    "dd": {"dt", "dd", "p"},
    "option": {"option"},
    **dict.fromkeys(_CELLS, _CELLS | {"p"}),
    "tr": _ROWS | {"p"},
    **dict.fromkeys(("tbody", "thead", "tfoot"), _TABLE_PARTS | {"p"}),
}
"""Which open elements the start of an element closes, when they are innermost (section 13.1.2.4)."""
_IMPLIED_END = frozenset({"p", "li", "dt", "dd", "option"})
_BLOCKS = frozenset(
    "address article aside blockquote center details dialog dd dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 "
    "h6 header hgroup hr li main menu nav ol p pre section summary table ul".split()
)
_IMPLIED_BY_END = {
    **dict.fromkeys(_BLOCKS, _IMPLIED_END),
    **dict.fromkeys(_TABLE_PARTS | {"table"}, _IMPLIED_END | _TABLE_PARTS),
    **dict.fromkeys(_CELLS, _IMPLIED_END),
}
"""Which open elements the end of an element closes with it."""
_NONE: frozenset[str] = frozenset()
_ONLY_P = frozenset({"p"})
SEPARATE_WORDS = _BLOCKS | frozenset(
    "br body caption head html legend option select tbody td tfoot th thead title tr".split()
)


def too_complex(html: str) -> bool:
    """Tell in linear time whether building a tree of this HTML would take far longer than its size warrants.

    Errs on the safe side: an element counts as closed only where its end tag stands right at it (or at elements whose end
    may be left out), so badly nested HTML counts deeper than it is. The deepest entry of 260 real feeds counts 13.
    """
    if html.count("&") > MAX_ENTITIES:
        return True
    if len(html) <= _SMALL and html.count("<") <= _FEW_TAGS:
        return False
    opened: list[str] = []
    effort = 0
    for token in TOKEN.finditer(html):
        name = token["name"]
        if not name:
            continue
        if len(token["attributes"]) > MAX_ATTRIBUTES and len(_ATTRIBUTES.findall(token["attributes"])) > MAX_ATTRIBUTES:
            return True
        _follow(opened, name.lower(), is_end=bool(token["end"]))
        effort += len(opened)
        if len(opened) > MAX_DEPTH or effort > MAX_EFFORT:
            return True
    return False


def _follow(opened: list[str], name: str, *, is_end: bool) -> None:
    """Keep the stack of open elements."""
    if is_end:
        at = len(opened)
        implied = _IMPLIED_BY_END.get(name, _NONE)
        while at and opened[at - 1] in implied and opened[at - 1] != name:
            at -= 1
        if at and opened[at - 1] == name:
            del opened[at - 1 :]
    elif name not in _VOID:
        closes = _CLOSED_BY_NEXT.get(name, _ONLY_P if name in _BLOCKS else _NONE)
        while opened and opened[-1] in closes and opened.pop() != name:
            pass
        opened.append(name)
