"""Rate groups: which addresses belong to one publisher's servers, so that one worker at a time asks there. Pure.

A rate group is a registrable domain and a port. `a.tumblr.com` and `b.tumblr.com` are one: the server that answers
429 to one of them means both. The public suffix list (https://publicsuffix.org/list/) says where registrable domains
end; of its two parts only that of the registries counts here: the other calls every blog of `blogspot.com` a domain of
its own, which it is for cookies, not for servers.
"""

from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from aggregator.model.feed import FeedOverview
from aggregator.model.ids import RateGroup
from aggregator.text.urls import host_and_port

_PRIVATE_ENDINGS: Final = (
    ".localhost",
    ".local",
    ".internal",
    ".lan",
    ".home",
    ".home.arpa",
    ".intranet",
    ".corp",
    ".test",
)


def rate_group(url: str) -> RateGroup:
    """Give the group of an address. Hosts without a registrable domain (addresses, `localhost`) are groups themselves."""
    name, _, port = host_and_port(url).rpartition(":")
    return RateGroup(f"{_registrable(name)}:{port}" if name else url)


def group_of(overview: FeedOverview) -> RateGroup:
    """Give the group in which a feed is polled: that of the address it has moved to, if it has."""
    return rate_group(overview.state.move.address or overview.feed.url)


def is_public(url: str) -> bool:
    """Tell whether the host is named as one of the public internet: a 429 of a private one concerns a single feed.

    Behind a private name stand programs that make feeds of many sites, each with a limit of its own (RSSHub,
    RSS-Bridge); pausing all of them for one was tried elsewhere and taken back (FreshRSS#7870).
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_ENDINGS)


@lru_cache(maxsize=4096)
def _registrable(host: str) -> str:
    return host if _is_literal(host) else _suffixes().privatesuffix(host) or host


def _is_literal(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True, accept_unknown=True)
