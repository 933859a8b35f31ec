"""What feedparser has names for, written down: to ask it takes 40 ms of CPU at every start, and nearly no document needs it.

`tests/unit/test_feeds_wellformed.py` holds all of it against feedparser itself.
"""

import re
from html.entities import entitydefs
from typing import Final

# In two: whole, they look like a package index.
_NETSCAPE: Final = "http://my.netscape.com/rdf" + "/simple/0.9/"
_PODLOVE: Final = "http://podlove.org" + "/simple-chapters"
_PREFIXES: Final = """
    - http://backend.userland.com/rss
    - http://blogs.law.harvard.edu/tech/rss
    - http://purl.org/rss/1.0/
    - http://example.com/newformat#
    - http://example.com/necho
    - http://purl.org/echo/
    - uri/of/echo/namespace#
    - http://purl.org/pie/
    - http://purl.org/atom/ns#
    - http://www.w3.org/2005/atom
    - http://purl.org/rss/1.0/modules/rss091#
    admin http://webns.net/mvcb/
    ag http://purl.org/rss/1.0/modules/aggregation/
    annotate http://purl.org/rss/1.0/modules/annotate/
    audio http://media.tangent.org/rss/1.0/
    blogChannel http://backend.userland.com/blogchannelmodule
    cc http://creativecommons.org/ns#license
    cc http://web.resource.org/cc/
    creativeCommons http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html
    creativeCommons http://backend.userland.com/creativecommonsrssmodule
    co http://purl.org/rss/1.0/modules/company
    content http://purl.org/rss/1.0/modules/content/
    cp http://my.theinfo.org/changed/1.0/rss/
    dc http://purl.org/dc/elements/1.1/
    dcterms http://purl.org/dc/terms/
    email http://purl.org/rss/1.0/modules/email/
    ev http://purl.org/rss/1.0/modules/event/
    feedburner http://rssnamespace.org/feedburner/ext/1.0
    fm http://freshmeat.net/rss/fm/
    foaf http://xmlns.com/foaf/0.1/
    geo http://www.w3.org/2003/01/geo/wgs84_pos#
    georss http://www.georss.org/georss
    gml http://www.opengis.net/gml
    icbm http://postneo.com/icbm/
    image http://purl.org/rss/1.0/modules/image/
    itunes http://www.itunes.com/dtds/podcast-1.0.dtd
    itunes http://example.com/dtds/podcast-1.0.dtd
    l http://purl.org/rss/1.0/modules/link/
    media http://search.yahoo.com/mrss
    media http://search.yahoo.com/mrss/
    pingback http://madskills.com/public/xml/rss/module/pingback/
    prism http://prismstandard.org/namespaces/1.2/basic/
    rdf http://www.w3.org/1999/02/22-rdf-syntax-ns#
    rdfs http://www.w3.org/2000/01/rdf-schema#
    ref http://purl.org/rss/1.0/modules/reference/
    reqv http://purl.org/rss/1.0/modules/richequiv/
    search http://purl.org/rss/1.0/modules/search/
    slash http://purl.org/rss/1.0/modules/slash/
    soap http://schemas.xmlsoap.org/soap/envelope/
    ss http://purl.org/rss/1.0/modules/servicestatus/
    str http://hacks.benhammersley.com/rss/streaming/
    sub http://purl.org/rss/1.0/modules/subscription/
    sy http://purl.org/rss/1.0/modules/syndication/
    szf http://schemas.pocketsoap.com/rss/mydescmodule/
    taxo http://purl.org/rss/1.0/modules/taxonomy/
    thr http://purl.org/rss/1.0/modules/threading/
    ti http://purl.org/rss/1.0/modules/textinput/
    trackback http://madskills.com/public/xml/rss/module/trackback/
    wfw http://wellformedweb.org/commentapi/
    wiki http://purl.org/rss/1.0/modules/wiki/
    xhtml http://www.w3.org/1999/xhtml
    xlink http://www.w3.org/1999/xlink
    xml http://www.w3.org/xml/1998/namespace
"""
NAMESPACES: Final[dict[str, str]] = {"": "", _NETSCAPE: "", _PODLOVE: "psc"} | {
    address: prefix.strip("-") for prefix, address in map(str.split, _PREFIXES.strip().splitlines())
}
"""Address of a namespace in lower case to feedparser's own prefix for it, which is empty for those of feeds themselves."""

HANDLED: Final = frozenset(
    """
    abstract author body category cc_license channel cloud content content_encoded contributor copyright created
    creativecommons_license dc_author dc_contributor dc_creator dc_date dc_description dc_language dc_publisher dc_rights
    dc_subject dc_title dcterms_created dcterms_issued dcterms_modified dcterms_valid description email enclosure entry
    expirationdate feed feedburner_browserfriendly fullitem generator geom georss_box georss_line georss_point
    georss_polygon georss_where georssgeom gml_exterior gml_linearring gml_linestring gml_point gml_polygon gml_pos
    gml_poslist guid height homepage id image info issued item itunes_author itunes_block itunes_category itunes_email
    itunes_explicit itunes_image itunes_keywords itunes_link itunes_name itunes_owner itunes_subtitle itunes_summary
    keywords language lastbuilddate link managingeditor media_category media_content media_credit media_description
    media_group media_keywords media_license media_player media_rating media_restriction media_thumbnail media_title
    modified name newlocation psc_chapter psc_chapters pubdate published rights rss source subtitle summary tagline tags
    textinput title updated uri url webmaster where width xhtml_body
    """.split()  # noqa: SIM905 -- as literals they would be a page
)
"""Names of elements that feedparser does something particular about; it keeps any other under its own name."""

_HTML: Final = frozenset(
    """
    a abbr acronym address area article aside audio b big blockquote br button canvas caption center cite code col colgroup
    command datagrid datalist dd del details dfn dialog dir div dl dt em event-source fieldset figcaption figure font footer
    form h1 h2 h3 h4 h5 h6 header hr i img input ins kbd keygen label legend li m map menu meter multicol nav nextid
    noscript ol optgroup option output p pre progress q s samp section select small sound source spacer span strike strong
    sub sup table tbody td textarea tfoot th thead time tr tt u ul var video
    """.split()  # noqa: SIM905 -- as literals they would be a page
)
_END: Final = re.compile(r"</(\w+)>")
_ANY_REFERENCE: Final = re.compile(r"&#?\w+;")
_TAG: Final = re.compile(r"</?(\w+)")
_REFERENCE: Final = re.compile(r"&(\w+);")


def looks_like_html(text: str) -> bool:
    """Guess as feedparser does whether a text is HTML, where its format leaves that open."""
    if not (_END.search(text) or _ANY_REFERENCE.search(text)):
        return False
    tags_are_html = all(tag.lower() in _HTML for tag in _TAG.findall(text))
    return tags_are_html and all(name in entitydefs for name in _REFERENCE.findall(text))
