"""The two bodies of a digest's mail: text, and HTML that needs nothing from outside.

Mail clients throw away what a page can count on: style sheets (so styles stand at their elements, put there by css-inline),
`bdi` and `dir="auto"` (so every piece says in which direction it runs). What is left of the style sheet is dark mode.
"""

from dataclasses import dataclass
from functools import cache

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from aggregator.publish.digest_sheet import Sheet
from aggregator.publish.digest_text import folded, lines
from aggregator.text import languages


@dataclass(frozen=True, slots=True, kw_only=True)
class Foot:
    """What stands below a digest: to whom it went, and how that ends."""

    recipient: str
    owner: str
    """Mail address of whoever runs the site."""
    unsubscribe: str
    """Address of the way out."""

    def reason(self, made: Sheet) -> str:
        """Say why it came."""
        return f"You get this because {self.recipient} is one of the recipients of {made.title} at {made.list_url}"

    @property
    def end(self) -> str:
        """Say how it comes no more."""
        return f"To get it no more, write to {self.owner}"


def text(made: Sheet, foot: Foot) -> str:
    """Write the digest as text of 72 columns."""
    # RFC 3676 section 4.3: what follows "-- " is left out of answers.
    return "\n".join((*lines(made), "", "-- ", *folded(foot.reason(made)), *folded(foot.end))) + "\n"


def html(made: Sheet, foot: Foot, *, subject: str) -> str:
    """Write the digest as an HTML document; `subject` is its title."""
    return _inliner().inline(_template().render(digest=made, foot=foot, subject=subject))


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
