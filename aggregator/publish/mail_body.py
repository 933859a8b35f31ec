"""The two bodies of a digest's mail: text, and HTML that needs nothing from outside.

Mail clients throw away what a page can count on: style sheets (so styles stand at their elements, put there by css-inline),
`bdi` and `dir="auto"` (so every piece says in which direction it runs). What is left of the style sheet is dark mode.
"""

from functools import cache

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from aggregator.publish.digest_sheet import Sheet
from aggregator.publish.digest_text import folded, lines
from aggregator.text import languages


def text(made: Sheet, *, recipient: str, owner: str) -> str:
    """Write the digest as text of 72 columns; below it, whom it went to and how that ends.

    Args:
        made: the digest.
        recipient: address.
        owner: address of whoever runs the site.
    """
    # RFC 3676 section 4.3: what follows "-- " is left out of answers.
    return "\n".join((*lines(made), "", "-- ", *folded(_reason(made, recipient)), *folded(_end(owner)))) + "\n"


def html(made: Sheet, *, recipient: str, owner: str, subject: str) -> str:
    """Write the digest as an HTML document; arguments as for `text`, `subject` is its title."""
    page = _template().render(
        digest=made, subject=subject, owner=owner, reason=_reason(made, recipient), end=_end(owner)
    )
    return _inliner().inline(page)


def _reason(made: Sheet, recipient: str) -> str:
    return f"You get this because {recipient} is one of the recipients of {made.title} at {made.list_url}"


def _end(owner: str) -> str:
    return f"To get it no more, write to {owner}"


def _way(text: str, language: str | None = None) -> str:
    """Give the direction of a text, right or left."""
    return "rtl" if languages.direction(language, text) == "rtl" else "ltr"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("aggregator.publish"),
        autoescape=True,  # off by default
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["way"] = _way
    return environment.get_template("mail.html")


@cache
def _inliner() -> CSSInliner:
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
