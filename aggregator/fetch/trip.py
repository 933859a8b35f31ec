"""The way from a feed's address to the answer that ends it: decisions about each answer, no I/O."""

import re
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from aggregator.fetch.answers import Answer
from aggregator.fetch.failures import AddressRefused, FetchProblem, shown
from aggregator.fetch.urls import DEFAULT_PORTS, Target
from aggregator.model.feed import Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest, Gone, NotModified
from aggregator.polling.groups import rate_group

MOST_REDIRECTS = 5
PERMANENT = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT})
_HEADER_VALUE = re.compile(r"(?!\s)[^\r\n\0\u0100-\U0010ffff]+(?<!\s)")
_SCHEME = re.compile(rb"\s*([A-Za-z][A-Za-z0-9+.-]{0,30}):")
_PLAIN = re.compile(r"[\w ,:+-]{1,40}", re.ASCII)
REDIRECTS = PERMANENT | {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT}


@dataclass(slots=True, kw_only=True)
class Trip:
    """Where the trip has come to, and what it brought so far."""

    request: FetchRequest
    target: Target
    visited: set[str] = field(default_factory=set)
    """Addresses that redirected us on."""
    redirected_by: Target | None = None
    """Whose answer led to `target`; None while that is the address that was asked first."""
    permanent_url: str | None = None
    only_permanent: bool = True
    """Every redirect so far was a permanent one."""
    has_left: bool = False
    """A redirect has led to another origin than the feed's (RFC 6454)."""

    @classmethod
    def begin(cls, request: FetchRequest) -> "Trip":
        """Stand at the feed's own address.

        Raises:
            FetchProblem: it is no http or https address.
        """
        target = Target.from_text(request.url)
        return cls(request=request, target=replace(target, login=request.access.login or target.login))

    def own_headers(self) -> list[tuple[bytes, bytes]]:
        """Give the headers that the feed's own origin alone is sent; after a redirect to another one, nobody is."""
        if self.has_left:
            return []
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in self.request.access.headers]

    def conditions(self) -> list[tuple[bytes, bytes]]:
        """Give the conditional headers for the address that is asked now.

        Validators belong to the exact address that gave them (RFC 9110 section 8.8): another never sees them.
        """
        validators = self.request.validators
        belongs = not self.visited if validators.url is None else validators.url == self.target.url
        return _conditional_headers(validators) if belongs else []

    def judge(self, answer: Answer) -> FetchOutcome | None:
        """Give the outcome, or None when the trip goes on to another address.

        Raises:
            FetchProblem: a redirect that is not followed.
        """
        match answer.status:
            case HTTPStatus.OK:
                return self._fetched(answer)
            case HTTPStatus.NOT_MODIFIED if self.conditions():
                return NotModified(permanent_url=self.permanent_url, headers=answer.headers)
            # What a redirect led to may be gone without the feed being gone: portals and expired domains answer 301, too.
            case HTTPStatus.GONE if not self.visited:
                return Gone(headers=answer.headers)
            case status if status in REDIRECTS:
                return self._go_on(answer)
            case HTTPStatus.NOT_MODIFIED:
                return self._failed(answer, ", which was not asked for", kind=FailureKind.BAD_RESPONSE)
            case _:
                return self._failed(answer)

    def ended(self, problem: FetchProblem) -> Failed:
        """Give the outcome of a trip that a problem has ended, in words for who wrote the address where it began.

        What that person can change is said only of that very address. A server that redirects into a private network, or
        to where the feed had been believed to have moved, must not have the door to it opened.
        """
        if self.redirected_by is None:
            return problem.as_failed(hinting=not self.request.moved)
        if not isinstance(problem, AddressRefused):
            return problem.as_failed()
        by = self.redirected_by
        return Failed(kind=problem.kind, message=problem.behind_redirect(by.authority), url=by.url)

    def _fetched(self, answer: Answer) -> Fetched:
        return Fetched(url=self.target.url, permanent_url=self.permanent_url, headers=answer.headers, body=answer.body)

    def _failed(self, answer: Answer, remark: str = "", *, kind: FailureKind = FailureKind.STATUS) -> Failed:
        return Failed(
            kind=kind,
            message=f"{answer.phrase} from {shown(self.target.url)}{remark or _retry_after(answer)}",
            status=answer.status,
            headers=answer.headers,
            url=self.target.url,
        )

    def _go_on(self, answer: Answer) -> Failed | None:
        if not answer.location:
            raise self._refused(f"{answer.phrase} without saying where to")
        self.visited.add(self.target.url)
        if len(self.visited) > MOST_REDIRECTS:
            raise self._refused(f"more than {MOST_REDIRECTS} redirects")
        self.only_permanent = self.only_permanent and answer.status in PERMANENT
        next_target = self._next_target(answer.location)
        if next_target.url in self.visited:
            raise self._refused("a redirect in a circle")
        if why := self._closed(next_target):
            return self._failed(answer, f", which leads to {shown(next_target.url)}: not followed, {why}")
        self.has_left = self.has_left or _origin(next_target) != _origin(self.target)
        self.redirected_by, self.target = self.target, next_target
        if self.only_permanent:
            self.permanent_url = self.target.url
        return None

    def _closed(self, target: Target) -> str:
        """Say why nothing is to be asked there in this trip; empty where it may be."""
        if target.url == self.request.twin_url:
            return "another feed of feeds.yaml is polled there"
        if not self.request.paused:
            return ""
        group = rate_group(target.url)
        if group not in self.request.paused or group == rate_group(self.request.url):
            return ""
        return f"the servers of {group} asked to be left alone"

    def _next_target(self, location: bytes) -> Target:
        try:
            return self.target.redirected(location)
        except FetchProblem as problem:
            problem.url = self.target.url
            if problem.kind is not FailureKind.REFUSED_ADDRESS or not (scheme := _foreign_scheme(location)):
                raise
            message = f"{self.target.authority} redirects to {scheme}:, which is not fetched; ask its publisher"
            raise FetchProblem(problem.kind, message, url=self.target.url) from problem

    def _refused(self, what: str) -> FetchProblem:
        return FetchProblem(FailureKind.BAD_RESPONSE, f"{what} at {shown(self.target.url)}", url=self.target.url)


def _origin(target: Target) -> tuple[str, str]:
    return (target.scheme, target.authority)


def _foreign_scheme(location: bytes) -> str:
    """Name the scheme of a Location that is neither http nor https; empty where it is one of them, or has none."""
    match = _SCHEME.match(location)
    scheme = match[1].decode("ascii").lower() if match else ""
    return "" if scheme in DEFAULT_PORTS else scheme


def _retry_after(answer: Answer) -> str:
    """Repeat how long the server wants to be left alone, as it says it: until when that is follows from the time."""
    said = answer.headers.get("retry-after", "")
    if not _PLAIN.fullmatch(said):
        return ""
    return f", Retry-After: {said} s" if said.isdecimal() else f", Retry-After: {said}"


def _conditional_headers(validators: Validators) -> list[tuple[bytes, bytes]]:
    """Send both, byte for byte as they came (RFC 9110 section 13.1; never re-formatted)."""
    pairs = ((b"If-None-Match", validators.etag), (b"If-Modified-Since", validators.last_modified))
    return [(name, value.encode("latin-1")) for name, value in pairs if value and _is_header_value(value)]


def _is_header_value(value: str) -> bool:
    """Tell whether a value can have come from a header, and can go into one."""
    return _HEADER_VALUE.fullmatch(value) is not None
