"""Who may read /metrics.

    a token is set        whoever sends it (`Authorization: Bearer ...`, RFC 6750 section 2.1), through any proxy
    networks are set      whoever asks from there, directly
    neither               this machine, asked by a name of its own, directly, while `site.url` is not public

No header that claims where a request came from is ever believed (CVE-2023-27591 of Miniflux was that); one that says that
a proxy passed it on closes what addresses open. But a proxy need not say so: nginx adds no such header unless told to, and
names 127.0.0.1 as the host, so that behind it the whole world seems to be this machine. So where the site is public, an
address of this machine opens nothing by itself.
"""

from hmac import compare_digest
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request

from aggregator.polling.groups import is_public
from aggregator.web.desk import Collectors

FORWARDED = frozenset(
    {
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-server",
        "x-real-ip",
        "x-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
    }
)
"""Headers by which proxies say that they pass a request on."""

_HERE_ALONE = (
    "Measurements are for this machine only: ask at its loopback address (http://127.0.0.1/metrics), directly and not through a "
    "proxy; or let others in by `metrics:` in feeds.yaml, with `token` or `allow_networks` below it.\n"
)
_PUBLIC = (
    "Measurements of a public site are given to nobody who is not named: write into feeds.yaml\n\n"
    "metrics:\n  token: ...                        # 16 characters or more, drawn at random; sent as `Authorization: Bearer ...`\n\n"
    "or\n\nmetrics:\n  allow_networks: [127.0.0.1/32]    # from where they are read directly; not this if a proxy runs there\n"
)
_ELSEWHERE = (
    "Measurements are for the networks named by `metrics.allow_networks` in feeds.yaml only, asked directly and not through a "
    "proxy.\n"
)
_NO_TOKEN = "Measurements are for who sends `Authorization: Bearer ...` with the token that feeds.yaml names.\n"  # noqa: S105 -- names none


class Refusal(NamedTuple):
    """Why somebody may not read them, and what to do about it."""

    status: HTTPStatus
    text: str


def refusal(request: Request, collectors: Collectors, *, site: str) -> Refusal | None:
    """Decide; None: they may. `site` is the address of the published site."""
    if collectors.token and compare_digest(_bearer(request), collectors.token.encode()):
        return None
    if _is_direct(request) and _address_opens(request, collectors, site):
        return None
    if collectors.token:
        return Refusal(HTTPStatus.UNAUTHORIZED, _NO_TOKEN)
    if collectors.networks:
        return Refusal(HTTPStatus.FORBIDDEN, _ELSEWHERE)
    return Refusal(HTTPStatus.FORBIDDEN, _PUBLIC if is_public(site) else _HERE_ALONE)


def _bearer(request: Request) -> bytes:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip().encode() if scheme.lower() == "bearer" else b""


def _is_direct(request: Request) -> bool:
    return not FORWARDED & set(request.headers.keys())


def _address_opens(request: Request, collectors: Collectors, site: str) -> bool:
    """Look at who asks and by which name: a page in a browser there may have had its own name rebound to us."""
    peer, named = _address(request.client.host if request.client else ""), _named(request)
    if peer is None:
        return False
    if collectors.networks:
        ours = named == urlsplit(site).hostname or not is_public(f"http://{_in_url(named)}/") or _address(named)
        return bool(ours) and any(peer in network for network in collectors.networks)
    host = _address(named)
    here = named == "localhost" or (host is not None and host.is_loopback)
    return not collectors.token and not is_public(site) and peer.is_loopback and here


def _named(request: Request) -> str:
    """Give the host that the request names; empty where it names none."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
