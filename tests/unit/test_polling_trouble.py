"""Troubles are known again by sentences that other rooms make: here each is made there."""

from dataclasses import replace
from ssl import SSLError

import pytest

from aggregator.feeds.identify import not_a_feed
from aggregator.feeds.jsonfeed import read_feed
from aggregator.fetch.addresses import Address, AddressPolicy
from aggregator.fetch.answers import Answer
from aggregator.fetch.failures import FetchProblem, as_problem
from aggregator.fetch.guard import Guard
from aggregator.fetch.trip import Trip
from aggregator.fetch.urls import Target
from aggregator.model.feed import FeedState
from aggregator.model.fetch import Failed, FetchRequest
from aggregator.polling.trouble import NEEDS_A_PERSON, Trouble, advice, refusing_status, trouble_of
from tests.diallers import NotingDialler
from tests.factories import make_feed

URL = "https://news.example/rss.xml"
ONCE = FeedState(failures=1)


def known(message: str) -> Trouble | None:
    return trouble_of(replace(ONCE, last_message=message))


def answered(status: int) -> str:
    outcome = Trip.begin(FetchRequest(url=URL)).judge(Answer(status=status, headers={}, body=b""))
    assert isinstance(outcome, Failed)
    return outcome.message


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (401, Trouble.NOT_LET_IN),
        (403, Trouble.NOT_LET_IN),
        (404, Trouble.NOT_THERE),
        (429, Trouble.LIMITED),
        (500, Trouble.OTHER),
        (503, Trouble.OTHER),
    ],
)
def test_an_answer_is_known_by_its_status(status: int, trouble: Trouble) -> None:
    assert known(answered(status)) is trouble


@pytest.mark.parametrize(
    "text",
    ["", "<!DOCTYPE html><title>HTTP 429 TLS: x</title>", "<opml/>", "\x00\x01\x02", "HTTP 404 Not Found", "\n<html>"],
)
def test_what_is_no_feed_is_known_whatever_it_says_of_itself(text: str) -> None:
    assert known(not_a_feed(text, URL).message) is Trouble.NOT_A_FEED


@pytest.mark.parametrize("text", ["{", '{"version": "1"}'])
def test_json_that_is_no_feed_is_known(text: str) -> None:
    failed = read_feed(text)
    assert isinstance(failed, Failed)
    assert known(failed.message) is Trouble.NOT_A_FEED


def test_tls_is_known() -> None:
    assert known(str(as_problem(SSLError(1, "handshake failure"), URL))) is Trouble.TLS


@pytest.mark.parametrize("error", [ConnectionRefusedError(111, "refused"), OSError("odd"), ValueError("unforeseen")])
def test_what_may_mend_itself_needs_no_person(error: Exception) -> None:
    assert known(str(as_problem(error, URL))) is Trouble.OTHER


@pytest.mark.parametrize("url", ["ftp://news.example/", "no address"])
def test_what_is_no_address_is_known(url: str) -> None:
    with pytest.raises(FetchProblem) as caught:
        Target.from_text(url)
    assert known(str(caught.value)) is Trouble.WRONG_ADDRESS


async def _problem(host: str, port: int, error: OSError | None = None) -> FetchProblem:
    async def resolve(_host: str, _port: int) -> list[Address]:
        raise error or OSError(-2, "Name or service not known")

    guard = Guard(policy=AddressPolicy(allow_private=False), resolve=resolve, dial=NotingDialler())
    with pytest.raises(FetchProblem) as caught:
        await guard.connect(host, port)
    return caught.value


async def _connected(host: str, port: int, error: OSError | None = None) -> str:
    return str(await _problem(host, port, error))


@pytest.mark.anyio
async def test_an_unknown_host_is_known_and_one_that_could_not_be_looked_up_needs_no_person() -> None:
    assert known(await _connected("nowhere.example", 443)) is Trouble.UNKNOWN_HOST
    offline = OSError(-3, "Temporary failure in name resolution")
    assert known(await _connected("temporary.example", 443, offline)) is Trouble.OTHER
    assert known(await _connected("temporary.example", 443)) is Trouble.UNKNOWN_HOST


@pytest.mark.anyio
async def test_s1_addresses_that_the_guard_refuses_are_known() -> None:
    assert known(await _connected("10.0.0.7", 80)) is Trouble.PRIVATE_ADDRESS
    assert known(await _connected("news.example", 22)) is Trouble.WRONG_ADDRESS


@pytest.mark.anyio
async def test_s1_who_is_redirected_to_a_private_address_is_not_told_to_open_it() -> None:
    trip = Trip.begin(FetchRequest(url=URL))
    assert trip.judge(Answer(status=301, headers={}, location=b"https://10.0.0.7/")) is None
    state = replace(ONCE, last_message=trip.ended(await _problem("10.0.0.7", 443)).message)
    assert trouble_of(state) is Trouble.MISLED
    assert "allow_private_address" not in advice(make_feed(), state)


@pytest.mark.parametrize("location", [b"ftp://news.example/", b"http://news.example/rss.xml"])
def test_a_redirect_to_what_is_not_fetched_is_known(location: bytes) -> None:
    with pytest.raises(FetchProblem) as caught:
        Trip.begin(FetchRequest(url=URL)).judge(Answer(status=301, headers={}, location=location))
    assert known(str(caught.value)) is Trouble.MISLED


def test_a_feed_that_does_not_fail_has_no_trouble() -> None:
    assert trouble_of(FeedState(last_message="HTTP 404 Not Found")) is None
    assert refusing_status(FeedState(last_message="HTTP 403 Forbidden")) is None


def test_p18_401_and_403_are_refusals_and_nothing_else_is() -> None:
    found = [refusing_status(replace(ONCE, last_message=answered(status))) for status in (401, 403, 404, 429, 503)]
    assert found == [401, 403, None, None, None]


def test_a_429_tls_and_faults_of_servers_may_end_without_us() -> None:
    assert set(Trouble) - NEEDS_A_PERSON == {Trouble.LIMITED, Trouble.TLS, Trouble.OTHER}


@pytest.mark.parametrize(
    ("message", "advised"),
    [
        ("HTTP 429 Too Many Requests from x", "a longer `interval`"),
        ("HTTP 401 Unauthorized from x", "give it a login (`user:` and `password:`"),
        ("HTTP 403 Forbidden from x", "another address"),
        ("HTTP 404 Not Found from x", "the feed's new address"),
        ("HTTP 500 Internal Server Error from x", "still right"),
        ("the document is an HTML page, not a feed", "the feed's new address"),
        ("the document is an HTML page, not a feed; it names a feed at https://x/", "put that address in place"),
        ("TLS: certificate refused: certificate has expired (https://x/)", "its publisher must mend that"),
        ("the name x could not be resolved: Name or service not known", "spelt right"),
        (
            "x is private: not dialled; `allow_private_address` opens private addresses",
            "only if its address in feeds.yaml",
        ),
    ],
)
def test_advice_is_of_use(message: str, advised: str) -> None:
    said = advice(make_feed(), replace(ONCE, last_message=message))
    assert advised in said
    assert not said.endswith(".")


def test_s1_who_has_allowed_private_addresses_is_not_told_to() -> None:
    state = replace(ONCE, last_message="x is link-local: not dialled; `allow_private_address` opens private addresses")
    assert "allow_private_address" not in advice(make_feed(allow_private_address=True), state)
