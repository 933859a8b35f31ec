"""What of an answer goes into the next conditional request (RFC 9110 section 8.8). Pure."""

from collections.abc import Mapping
from dataclasses import replace

from aggregator.model.feed import Validators
from aggregator.model.fetch import Fetched

LONGEST_VALIDATOR = 1024
"""Characters. 60 kB ETags were seen; each would be sent with every request."""


def received(fetched: Fetched) -> Validators:
    """Take both validators of a 200; one that it does not have is not known any more."""
    etag, last_modified = _validator(fetched.headers, "etag"), _validator(fetched.headers, "last-modified")
    if etag is None and last_modified is None:
        return Validators()
    return Validators(etag=etag, last_modified=last_modified, url=fetched.url)


def renewed(known: Validators, headers: Mapping[str, str]) -> Validators:
    """Take the validators that a 304 has, keep those that it does not (RFC 9111 section 4.3.4)."""
    return replace(
        known,
        etag=_validator(headers, "etag") or known.etag,
        last_modified=_validator(headers, "last-modified") or known.last_modified,
    )


def _validator(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name, "")
    return value if 0 < len(value) <= LONGEST_VALIDATOR else None
