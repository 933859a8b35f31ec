"""Addresses: which ones may be shown or fetched, and which ones are the same article."""

import hashlib
import ipaddress
import re
import unicodedata
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

MAX_LENGTH = 4096
"""Longer addresses are refused; the longest of 260 real feeds has under 1,000 characters."""
MAX_HOST = 253
"""RFC 1035 section 2.3.4. Also keeps idna's cost bounded (CVE-2024-3651 was quadratic in the length)."""

_REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_-])?(?:\.[a-z0-9_-]+)*\.?")
_PATH_SAFE = "!$%&()*+,/:;=@~[]"
_QUERY_SAFE = _PATH_SAFE + "?#"
_STRICT = re.compile(
    r"https?://([a-z0-9_][a-z0-9_-]*+(?:\.[a-z0-9_-]++)*+\.?+)(?::([1-5][0-9]{4}|[1-9][0-9]{3}))?+(?:/[\w!$%&()*+,/:=@~.\[\]-]*+)?+"
    r"(?:\?[\w!$%&()*+,/:=@~.\[\]?-]++)?+(?:#[\w!$%&()*+,/:=@~.\[\]?#-]++)?+",
    re.ASCII,
)
"""Addresses that `web_url` gives back as they are; most are. Ports are those that no scheme leaves out, and that are none too large."""
_PARTS = re.compile(r"https?://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?")
_ORIGIN = re.compile("https?://[^/?#]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def web_url(text: str | None, *, base: str | None = None) -> str | None:
    """Turn what a document calls an address into an absolute http or https address, or None.

    Whitespace around it is forgiven; inside it, a space becomes `%20`, while tabs, line breaks and other control
    characters are refused (`java<TAB>script:`). Refused as well: user names and passwords, empty or impossible hosts,
    other schemes, and anything over `MAX_LENGTH`. Hosts come out in lower case, international ones as punycode
    (RFC 5891, mapped by UTS 46 as browsers do), default ports dropped; other characters that RFC 3986 does not allow come
    out percent-encoded, so the answer holds no space, quote or angle bracket. Accepts its own answer unchanged.
    """
    candidate = (text or "").strip(" \t\r\n\f")
    strict = _STRICT.fullmatch(candidate)
    if strict and len(strict[1]) <= MAX_HOST and len(candidate) <= MAX_LENGTH:
        return candidate
    if not candidate or len(candidate) > MAX_LENGTH or _REFUSED.search(candidate):
        return None
    try:
        address = _rebuilt(urlsplit(urljoin(base, candidate) if base else candidate))
    except ValueError:  # urlsplit("http://[bad"), a port of 99999, a host that IDNA forbids
        return None
    return address if len(address) <= MAX_LENGTH else None


def _rebuilt(parts: SplitResult) -> str:
    """Put an address together again in its strict spelling.

    Raises:
        ValueError: it is no address of a web page.
    """
    if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc or "\\" in parts.netloc:
        raise ValueError("not an http or https address, or one with a user name")
    port = "" if parts.port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    address = f"{parts.scheme}://{_strict_host(parts.hostname or '')}{port}{quote(parts.path, safe=_PATH_SAFE)}"
    if parts.query:
        address += "?" + quote(parts.query, safe=_QUERY_SAFE)
    if parts.fragment:
        address += "#" + quote(parts.fragment, safe=_QUERY_SAFE)
    return address


def _strict_host(name: str) -> str:
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    if len(name) > MAX_HOST:
        raise ValueError("host name too long")
    strict = (name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")).lower()
    if not _HOST.fullmatch(strict):
        raise ValueError("not a host name")
    return strict


def host(url: str) -> str:
    """Give the host of an address in lower case, without port; empty where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def host_and_port(url: str) -> str:
    """Name the server that is asked for an address: the unit that politeness counts by.

    The host is written as `web_url` writes it, the port is 80 or 443 where the address has none. What names no server is
    its own name.
    """
    strict = _STRICT.fullmatch(url)
    if strict and len(strict[1]) <= MAX_HOST:
        return f"{strict[1]}:{strict[2] or _DEFAULT_PORTS[url.partition(':')[0]]}"
    try:
        parts = urlsplit(url)
        return f"{_strict_host(parts.hostname or '')}:{parts.port or _DEFAULT_PORTS[parts.scheme]}"
    except (ValueError, KeyError):
        return url


def origin(url: str) -> str:
    """Give scheme, host and port (RFC 6454) as `https://host[:port]`; empty where `web_url` refuses the address."""
    address = web_url(url)
    return origin_of(address) if address else ""


def origin_of(address: str) -> str:
    """Give the origin of what `web_url` gave."""
    found = _ORIGIN.match(address)
    return found[0] if found else ""


# What only says how a reader came to a page. A name is listed when its vendor documents it as campaign or click
# tracking; a parameter that merely looks like it (`ts`, `id`, `ref=42`) stays, for on some site it names the article.
_TRACKING = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh li_fat_id "  # click ids
    "mc_cid mc_eid _hsenc _hsmi hsctatracking mkt_tok vero_id oly_enc_id oly_anon_id "  # newsletters
    "_ga _gl guccounter guce_referrer guce_referrer_sig __twitter_impression "  # analytics, consent pages, Twitter
    "cmp cmpid ncid ocid smid smtyp ftag ito ico xtor maca wt_mc wt_zmc wt.mc_id wt.rss_f wt.rss_a wt.rss_ev "
    "sr_share traffic_source taid dicbo spm_id_from __source amp outputtype "
    "at_medium at_campaign at_campaign_type at_creation at_format at_bbc_team "  # AT Internet, now Piano; BBC
    "ns_mchannel ns_source ns_campaign ns_linkname ns_fee "  # comScore
    "pk_campaign pk_kwd pk_keyword pk_source pk_medium pk_content pk_cid".split()  # Piwik
)
# Only prefixes that nobody uses for anything else: `at_`, `ns_` and `pk_` also begin names of keys (`?at_id=5`).
_TRACKING_PREFIXES = (
    "utm_",  # Google Analytics and everything that imitates it
    "mtm_",  # Matomo
    "hsa_",  # HubSpot
    "at_link_",  # BBC: at_link_id, at_link_type, at_link_origin
    "at_ptr_",  # BBC
    "at_custom",  # Piano: at_custom1 ...
)
_MAY_NAME_FEED = frozenset("ref src source from via partner emc mod feed cid rss campaign origin output".split())
"""Dropped only where the value says that a feed is meant: `ref=rss`, `mod=rss_markets_main`, `source=feedburner`."""

_NO_ARTICLE = re.compile(
    r"(?![!/]).*=.*|rss|tk\..*|(?:comment|more)(?:-\d+)?|comments|respond|disqus_thread|main|content|top",
    re.IGNORECASE,
)

_FOLDED_HOST = re.compile(r"^(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.[^.])")
_INDEX_PAGE = re.compile(r"/(?:index|default)\.(?:html?|php\d?|aspx?|jsp|cfm)$", re.IGNORECASE)
_LONGEST_INDEX_PAGE = len("/default.html") + 1
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_FRONT_PATH = re.compile(r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?)?", re.IGNORECASE)


def canonical(url: str) -> str:
    """Give the key under which all addresses of one article are equal. A key is no address: it has no scheme.

    Folded: http and https; `www.`, `m.`, `mobile.`, `amp.` before the host; default port; index page; `/amp` at the end;
    trailing slash; tracking parameters; order of parameters; spelling of percent-escapes (RFC 3986 section 6.2.2);
    fragments that say how a reader came or where on the page to begin (`#xtor=RSS-3`, `#rss`, `#comments`). Kept: every other
    parameter, the case of the path, and other fragments, since two articles must never share a key: all fragments that
    260 real feeds link to name one article of a page that holds several. Proxies that hide the address (feedproxy) are keys of their own.

    Something that is no web address is its own key.
    """
    address = web_url(url)
    return url.strip() if address is None else _key(address)


def _key(address: str) -> str:
    """Fold what `web_url` gave."""
    parts = _PARTS.fullmatch(address)
    if parts is None:
        return address
    netloc, path, query, fragment = parts.groups()
    key = _FOLDED_HOST.sub("", netloc.removesuffix(".")) + _folded_path(path)
    if query and (folded := _folded_query(query)):
        key += "?" + folded
    if fragment and not _NO_ARTICLE.fullmatch(fragment):
        key += "#" + fragment
    return key


def article_key(url: str | None) -> str | None:
    """Give the `canonical` key, or None where the address does not name one article.

    None for no address, and for a site's front page (`https://site.example/`, also `/en/`): some feeds give the home page as
    link of every entry, which would make copies of them all.
    """
    address = web_url(url) if url else None
    if address is None:
        return None
    key = _key(address)
    path = key.partition("/")[2]
    is_front_page = "?" not in key and "#" not in key and _FRONT_PATH.fullmatch(path)
    return None if is_front_page else key


def _folded_path(path: str) -> str:
    folded = _ESCAPE.sub(_folded_escape, path) if "%" in path else path
    if not folded.endswith(("/", "/amp")) and not _INDEX_PAGE.search(folded, max(0, len(folded) - _LONGEST_INDEX_PAGE)):
        return folded
    for _ in range(2):  # "/story/amp/index.html" ends in two of them
        folded = _INDEX_PAGE.sub("", folded.rstrip("/")).rstrip("/").removesuffix("/amp").rstrip("/")
    return folded


def _folded_escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _folded_query(query: str) -> str:
    kept = [pair for pair in query.split("&") if pair and not _is_tracking(pair)]
    return "&".join(sorted(_ESCAPE.sub(_folded_escape, pair) for pair in kept))


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.lower().partition("=")
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return True
    return name in _MAY_NAME_FEED and (value.startswith("rss") or value in {"feed", "feeds", "feedburner"})


_NOT_IN_SLUG = re.compile("[^a-z0-9]+")
_SLUG_LENGTH = 80


def slug(text: str) -> str:
    """Make a name for addresses and files: `[a-z0-9-]{1,80}`, equal for equal text.

    Text with letters that have no Latin spelling gets a digest of itself appended ("Мир 24" and "Дом 24" differ).
    """
    decomposed = unicodedata.normalize("NFKD", text[: 4 * _SLUG_LENGTH]).casefold()
    plain = decomposed.isascii()  # almost always; a list of thousands of feeds makes an id of each
    latin = decomposed if plain else "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    name = _NOT_IN_SLUG.sub("-", latin).strip("-")
    is_whole = len(name) <= _SLUG_LENGTH and len(text) <= 4 * _SLUG_LENGTH
    if name and is_whole and (plain or not any(letter.isalnum() and not letter.isascii() for letter in latin)):
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{name[: _SLUG_LENGTH - 11].rstrip('-')}-{digest}".lstrip("-")
