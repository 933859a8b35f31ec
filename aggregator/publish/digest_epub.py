"""Write a digest as a book for e-readers (EPUB 3.3).

Equal digests give equal bytes: times in the archive are that of the digest's end, and nothing is compressed. What deflate
makes of one text differs between zlib and its replacements, and a book of 52 stories has 45 KB.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from aggregator.model.digest import Digest
from aggregator.publish import digest_html
from aggregator.publish.digest_sheet import Sheet, SheetSection, sheet
from aggregator.publish.listed import plain
from aggregator.publish.site import Site

MEDIA_TYPE = "application/epub+zip"

_FIRST_YEAR = 1980
"""A ZIP archive can't tell of earlier ones."""
_XHTML = "application/xhtml+xml"

_STYLE = """body { line-height: 1.4; }
h1 { font-size: 1.6em; line-height: 1.15; }
h2 { font-size: 1.2em; border-bottom: 1px solid; }
h3 { margin: 1.2em 0 0; font-size: 1.1em; line-height: 1.25; }
p { margin: .3em 0 0; }
a { color: inherit; }
h3 a, li > a { text-decoration: none; }
li { margin-top: .4em; }
article { break-inside: avoid; }
"""

_CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
 <rootfiles>
  <rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
 </rootfiles>
</container>
"""


def write(site: Site, digest: Digest) -> bytes:
    """Write a whole book: a title page, a chapter a section, and the table of contents that readers navigate by."""
    made, written = sheet(site, digest), BytesIO()
    stamp = _stamp(digest.end.astimezone(UTC))
    with ZipFile(written, "w", ZIP_STORED) as archive:
        # OCF 3.3, section 4.3.2: `mimetype` comes first, stored, for programs that look at the bytes from the 38th.
        for name, text in (("mimetype", MEDIA_TYPE), ("META-INF/container.xml", _CONTAINER), *_files(made)):
            archive.writestr(_info(name, stamp), text.encode())
    return written.getvalue()


def _stamp(at: datetime) -> tuple[int, int, int, int, int, int]:
    return (max(at.year, _FIRST_YEAR), at.month, at.day, at.hour, at.minute, at.second)


def _info(name: str, stamp: tuple[int, int, int, int, int, int]) -> ZipInfo:
    info = ZipInfo(f"EPUB/{name}" if "/" not in name and name != "mimetype" else name, stamp)
    info.create_system = 3  # Unix, also where it is made on something else
    info.external_attr = 0o644 << 16
    return info


def _files(made: Sheet) -> Iterator[tuple[str, str]]:
    yield "package.opf", _package(made)
    yield "nav.xhtml", _page("Contents", _navigation(made))
    yield "style.css", _STYLE
    yield "title.xhtml", _page(made.title, _title(made))
    for number, part in enumerate(made.sections, 1):
        yield _chapter(number), _page(part.title, digest_html.section(part))


def _chapter(number: int) -> str:
    return f"section-{number}.xhtml"


def _package(made: Sheet) -> str:
    chapters = [_chapter(number) for number in range(1, len(made.sections) + 1)]
    pages = ["title.xhtml", *chapters]
    items = "".join(f'  <item id="page-{n}" href="{name}" media-type="{_XHTML}"/>\n' for n, name in enumerate(pages))
    languages = "".join(f"  <dc:language>{each}</dc:language>\n" for each in _languages(made))
    order = "".join(f'  <itemref idref="page-{n}"/>\n' for n in range(len(pages)))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">\n'
        ' <metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'  <dc:identifier id="id">{escape(made.id)}</dc:identifier>\n'
        f"  <dc:title>{escape(made.title)}: {escape(made.heading)}</dc:title>\n"
        f"{languages}"
        f"  <dc:creator>{escape(made.site_title)}</dc:creator>\n"
        f"  <dc:date>{made.end}</dc:date>\n"
        f"  <dc:source>{escape(made.url)}</dc:source>\n"
        f'  <meta property="dcterms:modified">{made.end}</meta>\n'
        " </metadata>\n"
        " <manifest>\n"
        f'  <item id="nav" href="nav.xhtml" media-type="{_XHTML}" properties="nav"/>\n'
        '  <item id="style" href="style.css" media-type="text/css"/>\n'
        f"{items} </manifest>\n"
        f" <spine>\n{order} </spine>\n"
        "</package>\n"
    )


def _languages(made: Sheet) -> list[str]:
    """Give English first, which headings are in, then what stories are in: readers choose fonts and voices by it."""
    return list(dict.fromkeys(["en", *(item.language for item in made.items if item.language)]))


def _navigation(made: Sheet) -> str:
    rows = "\n".join(
        f'<li><a href="{_chapter(number)}">{escape(part.title)}</a>\n<ol>\n{_headlines(number, part)}\n</ol></li>'
        for number, part in enumerate(made.sections, 1)
    )
    title = f'<li><a href="title.xhtml">{escape(made.title)}</a></li>'
    return f'<nav epub:type="toc">\n<h1>Contents</h1>\n<ol>\n{title}\n{rows}\n</ol>\n</nav>'


def _headlines(number: int, part: SheetSection) -> str:
    return "\n".join(
        f'<li{digest_html.tongue(item)}><a href="{_chapter(number)}#story-{item.number}">{escape(item.headline)}</a></li>'
        for item in part.items
    )


def _title(made: Sheet) -> str:
    rows = "\n".join(
        f'<li><a href="{_chapter(number)}">{escape(part.title)}</a> <small>{len(part.items)}</small></li>'
        for number, part in enumerate(made.sections, 1)
    )
    contents = f"<ol>\n{rows}\n</ol>" if rows else digest_html.sections(made)
    return "\n".join(
        (
            f'<h1 dir="auto">{escape(made.title)}</h1>',
            f"<p>{escape(made.heading)}</p>",
            contents,
            digest_html.colophon(made),
        )
    )


def _page(title: str, body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">\n'
        f'<head>\n<meta charset="utf-8"/>\n<title>{escape(plain(title))}</title>\n<link rel="stylesheet" href="style.css"/>\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )
