"""Write a digest as HTML: one document that needs nothing else, or the body alone for feeds, books and mail.

The body is well-formed XML as well as HTML, so that one text serves all of them, and reads well where nobody styles it:
feed readers and mail clients throw most of a style sheet away.
"""

from html import escape

from aggregator.model.digest import Digest, SectionKind
from aggregator.publish.digest_sheet import Sheet, SheetItem, SheetLink, SheetSection, sheet
from aggregator.publish.site import Site

MEDIA_TYPE = "text/html"

STYLE = """
:root { color-scheme: light dark; --paper: #fbf9f4; --ink: #1d1b18; --soft: #5c564c; --rule: #d9d3c6; --accent: #7d1d1d; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #171612; --ink: #ece7dc; --soft: #b3ab9b; --rule: #3a372f; --accent: #eda597; }
}
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 Georgia, "Iowan Old Style", "Noto Serif", serif; overflow-wrap: anywhere; }
header { border-block-end: 3px double var(--rule); }
h1 { margin: 0; font-size: 2rem; line-height: 1.15; }
h2 { margin: 2.5rem 0 1rem; border-block-end: 1px solid var(--ink); color: var(--accent); font: 700 .85rem/1.8 sans-serif; }
h3 { margin: 1.5rem 0 0; font-size: 1.2rem; line-height: 1.25; }
p { margin: .35rem 0 0; }
a { color: var(--accent); }
h3 a, li > a { color: var(--ink); text-decoration: none; }
ul { margin: 0; padding-inline-start: 1.1rem; }
li { margin-block-start: .5rem; }
small { color: var(--soft); font: .83rem/1.5 sans-serif; }
footer { margin-block-start: 3rem; border-block-start: 1px solid var(--rule); }
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #333; --accent: #000; }
  body { max-width: none; margin: 0; font-size: 10.5pt; }
  main { columns: 2; column-gap: 2rem; }
  article, li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
""".strip()


def write(site: Site, digest: Digest) -> bytes:
    """Write a whole document, UTF-8, without anything to be loaded. Equal input gives equal bytes."""
    made = sheet(site, digest)
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(made.title)}: {escape(made.heading)}</title>",
            f'<link rel="canonical" href="{escape(made.url)}">',
            f"<style>\n{STYLE}\n</style>",
            "</head>",
            "<body>",
            f'<header>\n<h1 dir="auto">{escape(made.title)}</h1>\n<p>{escape(made.heading)}</p>\n</header>',
            f"<main>\n{sections(made)}\n</main>",
            f"<footer>\n{colophon(made)}\n</footer>",
            "</body>",
            "</html>",
            "",
        )
    ).encode()


def body(made: Sheet) -> str:
    """Write what stands in a digest, without its title."""
    return f"{sections(made)}\n<hr/>\n{colophon(made)}"


def sections(made: Sheet) -> str:
    """Write all sections."""
    nothing = "<p>Nothing was published in these hours, as far as the feeds say.</p>"
    return "\n".join(section(each) for each in made.sections) or nothing


def section(part: SheetSection) -> str:
    """Write one section with its heading."""
    return f'<h2 id="{part.anchor}" dir="auto">{escape(part.title)}</h2>\n{stories(part)}'


def stories(part: SheetSection) -> str:
    """Write the stories of one section."""
    if part.kind is SectionKind.BRIEF:
        return "<ul>\n{}\n</ul>".format("\n".join(_brief(item) for item in part.items))
    return "\n".join(_story(item) for item in part.items)


def colophon(made: Sheet) -> str:
    """Write what it is made of, and where to go on."""
    links = (
        (made.url, "This digest on the web"),
        (made.since_url, "What is new since"),
        (made.list_url, "All digests"),
    )
    named = " · ".join(f'<a href="{escape(url)}">{text}</a>' for url, text in links)
    return f"<p><small>{escape(made.span)}. {escape(made.counted)}.</small></p>\n<p><small>{named}</small></p>"


def tongue(piece: SheetItem | SheetLink) -> str:
    """Give the attributes that say in which language and direction a piece is written."""
    language = f' lang="{piece.language}"' if piece.language else ""
    return f'{language} dir="{piece.direction}"'


def _story(item: SheetItem) -> str:
    return "\n".join(
        part
        for part in (
            f'<article id="story-{item.number}"{tongue(item)}>',
            f'<h3><a href="{escape(item.url)}">{escape(item.headline)}</a></h3>',
            f'<p dir="{item.direction}"><small lang="en">{_credits(item)} · <bdi>{escape(item.time)}</bdi></small></p>',
            f'<p lang="en" dir="auto"><strong>New:</strong> {_changed(item)}</p>' if item.changed else "",
            f"<p>{escape(item.teaser)}</p>" if item.teaser else "",
            _related(item),
            "</article>",
        )
        if part
    )


def _changed(item: SheetItem) -> str:
    before = f". Before: <bdi{tongue(item)}>{escape(item.formerly)}</bdi>" if item.formerly else ""
    return f"{escape(item.changed)}{before}"


def _credits(item: SheetItem) -> str:
    names = [f"<bdi>{escape(name)}</bdi>" for name in item.others]
    rest = f" and {item.more} more" if item.more else ""
    also = f", also {', '.join(names)}{rest}" if names else ""
    return f'<bdi>{escape(item.publisher)}</bdi>{also} · <a href="{escape(item.story_url)}">{item.page_name}</a>'


def _related(item: SheetItem) -> str:
    if not item.related:
        return ""
    links = "; ".join(
        f'<a{tongue(link)} href="{escape(link.url)}">{escape(link.headline)}</a> (<bdi>{escape(link.publisher)}</bdi>)'
        for link in item.related
    )
    return f'<p><small><span lang="en">Related:</span> {links}</small></p>'


def _brief(item: SheetItem) -> str:
    new = f' <strong lang="en">New: {_changed(item)}</strong>' if item.changed else ""
    return (
        f'<li id="story-{item.number}"{tongue(item)}><a href="{escape(item.url)}">{escape(item.headline)}</a>'
        f'{new} <small lang="en">{_credits(item)}</small></li>'
    )
