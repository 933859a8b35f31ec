import pytest

from aggregator.fetch.answers import Answer
from aggregator.fetch.failures import AddressRefused, FetchProblem
from aggregator.fetch.trip import MOST_REDIRECTS, Trip
from aggregator.fetch.urls import Target
from aggregator.model.feed import Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchRequest, Gone, NotModified
from aggregator.model.ids import RateGroup

KNOWN = Validators(etag='W/"a"', last_modified="Mon, 09 Mar 2026 12:00:00 GMT")


def begin(url: str = "http://a.example/feed", validators: Validators = KNOWN) -> Trip:
    return Trip.begin(FetchRequest(url=url, validators=validators))


def redirect(to: str, status: int = 301) -> Answer:
    return Answer(status=status, headers={}, location=to.encode())


def answer(status: int) -> Answer:
    return Answer(status=status, headers={"a": "b"}, body=b"<rss/>" if status == 200 else b"")


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("http://News.Example/feed", "http://news.example/feed"),
        (" http://news.example ", "http://news.example/"),
        ("http://news.example/feed#top", "http://news.example/feed"),
        ("http://news.example/feed?b=1&a=%2F&c", "http://news.example/feed?b=1&a=%2F&c"),
        ("http://news.example/feed?", "http://news.example/feed?"),
        ("http://Bücher.example/ü?q=ü", "http://xn--bcher-kva.example/%C3%BC?q=%C3%BC"),
        ("http://مثال.example/خبر", "http://xn--mgbh0fb.example/%D8%AE%D8%A8%D8%B1"),
        ("http://user:pass@news.example/feed", "http://news.example/feed"),
        ("HTTPS://news.example:443/", "https://news.example/"),
        ("http://news.example:80/", "http://news.example/"),
        ("http://news.example:443/", "http://news.example:443/"),
        ("http://news.example:8080?q", "http://news.example:8080/?q"),
        ("http://[2606:4700:0::1]:8080/", "http://[2606:4700::1]:8080/"),
        (
            "http://news.example/a'b%zz;c=\"<|>^`{}\\?x='\\",
            "http://news.example/a'b%zz;c=%22%3C%7C%3E%5E%60%7B%7D%5C?x='%5C",
        ),
        ("http://127。0。0。1/", "http://127.0.0.1/"),
    ],
)
def test_p22_p25_an_address_is_sent_as_uri_without_fragment_login_or_additions(text: str, sent: str) -> None:
    assert Target.from_text(text).url == sent


def test_a_login_stays_with_its_origin() -> None:
    start = Target.from_text("https://user:pass@a.example/feed")
    assert start.login == ("user", "pass")
    assert start.redirected(b"/moved").login == ("user", "pass")
    assert start.redirected(b"https://b.example/").login is None
    assert start.redirected(b"https://other:login@b.example/").login is None


@pytest.mark.parametrize(
    ("location", "target"),
    [
        (b"/moved", "http://a.example/moved"),
        (b"moved?x=1", "http://a.example/dir/moved?x=1"),
        (b"//b.example/feed", "http://b.example/feed"),
        (b"https://a.example/dir/feed", "https://a.example/dir/feed"),
        ("/ü".encode(), "http://a.example/%C3%BC"),
        (b"/\xfc", "http://a.example/%C3%BC"),
        (b" /with space ", "http://a.example/with%20space"),
    ],
)
def test_a_location_is_resolved_as_browsers_do(location: bytes, target: str) -> None:
    assert Target.from_text("http://a.example/dir/feed").redirected(location).url == target


@pytest.mark.parametrize(
    ("text", "authority", "host", "port"),
    [
        ("http://news.example/", "news.example", "news.example", 80),
        ("https://news.example/", "news.example", "news.example", 443),
        ("https://u:p@News.example:8443", "news.example:8443", "news.example", 8443),
        ("http://[::1]:8080/", "[::1]:8080", "::1", 8080),
        ("http://news.example./", "news.example.", "news.example.", 80),
    ],
)
def test_p25_one_reading_gives_host_port_and_what_the_host_header_says(
    text: str, authority: str, host: str, port: int
) -> None:
    target = Target.from_text(text)
    assert (target.authority, target.host, target.port) == (authority, host, port)


@pytest.mark.parametrize(
    "text",
    [
        "http://a.example\\@b.example/",
        "http://a.example\r\nX: y/",
        "http://a.example/\r\nX: y",
        "http://a.example/\u2028/",
        "http://a.example:0/",
        "http://a.example:65536/",
        "http://a.example:080x/",
        "http://a b/",
        "http://[::1/",
        "http://::1/",
        "http://[fe80::1%25eth0]/",
        "http://%6cocalhost/",
        "http://@/",
        "http://" + "a" * 300 + "/",
        "http://a.example/" + "x" * 5000,
    ],
)
def test_what_is_no_clear_address_is_refused(text: str) -> None:
    with pytest.raises(FetchProblem) as caught:
        Target.from_text(text)
    assert caught.value.kind is FailureKind.REFUSED_ADDRESS


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        (b"file:///etc/passwd", FailureKind.REFUSED_ADDRESS),
        (b"ftp://a.example/", FailureKind.REFUSED_ADDRESS),
        (b"javascript:alert(1)", FailureKind.REFUSED_ADDRESS),
        (b"http://[bad", FailureKind.BAD_RESPONSE),
        (b"http://a.example\t/", FailureKind.BAD_RESPONSE),
        (b"http://a.example:99999/", FailureKind.REFUSED_ADDRESS),
    ],
)
def test_a_redirect_to_what_is_no_web_address_is_refused(location: bytes, kind: FailureKind) -> None:
    with pytest.raises(FetchProblem) as caught:
        Target.from_text("http://a.example/feed").redirected(location)
    assert caught.value.kind is kind


def test_p17_a_redirect_out_of_encryption_is_refused() -> None:
    trip = begin("https://a.example/feed?token=secret")
    with pytest.raises(FetchProblem, match="out of encryption") as caught:
        trip.judge(redirect("http://a.example/feed"))
    assert "secret" not in str(caught.value)


def test_p2_p3_validators_go_out_as_they_came() -> None:
    assert begin().conditions() == [
        (b"If-None-Match", b'W/"a"'),
        (b"If-Modified-Since", b"Mon, 09 Mar 2026 12:00:00 GMT"),
    ]


def test_p2_a_validator_of_latin_1_bytes_stays_those_bytes() -> None:
    assert begin(validators=Validators(etag='"\xe9\xff"')).conditions() == [(b"If-None-Match", b'"\xe9\xff"')]


@pytest.mark.parametrize("value", ["", "a\r\nCookie: b", "a\0", "\u20ac", " a"])
def test_what_can_not_be_a_header_value_is_not_sent(value: str) -> None:
    assert begin(validators=Validators(etag=value)).conditions() == []


def test_p7_another_address_never_sees_the_validators() -> None:
    trip = begin()
    assert trip.judge(redirect("http://a.example/moved", 302)) is None
    assert trip.conditions() == []


def test_p7_validators_go_to_the_address_behind_the_redirect_that_gave_them() -> None:
    trip = begin(validators=Validators(etag='"a"', url="http://b.example/feed"))
    assert trip.conditions() == []
    trip.judge(redirect("http://b.example/feed", 302))
    assert trip.conditions() == [(b"If-None-Match", b'"a"')]
    assert isinstance(trip.judge(answer(304)), NotModified)


def test_p17_a_304_behind_permanent_redirects_tells_where_the_feed_has_moved() -> None:
    trip = begin(validators=Validators(etag='"a"', url="http://b.example/feed"))
    trip.judge(redirect("http://b.example/feed", 301))
    assert trip.judge(answer(304)) == NotModified(permanent_url="http://b.example/feed", headers={"a": "b"})


def test_a_304_that_was_not_asked_for_is_a_failure() -> None:
    outcome = begin(validators=Validators()).judge(answer(304))
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.BAD_RESPONSE
    assert outcome.message == "HTTP 304 Not Modified from http://a.example/feed, which was not asked for"


@pytest.mark.parametrize(
    ("statuses", "permanent_url"),
    [
        ((), None),
        ((301,), "http://a.example/1"),
        ((308, 301), "http://a.example/2"),
        ((301, 302), "http://a.example/1"),
        ((302, 301), None),
        ((307,), None),
        ((303,), None),
    ],
)
def test_p17_only_an_unbroken_chain_of_permanent_redirects_moves_a_feed(
    statuses: tuple[int, ...], permanent_url: str | None
) -> None:
    trip = begin()
    for number, status in enumerate(statuses, start=1):
        assert trip.judge(redirect(f"/{number}", status)) is None
    outcome = trip.judge(answer(200))
    assert isinstance(outcome, Fetched)
    assert outcome.permanent_url == permanent_url
    assert outcome.url == (f"http://a.example/{len(statuses)}" if statuses else "http://a.example/feed")


PRIVATE = AddressRefused(
    "x.example (10.1.2.3) is private: not dialled",
    place="x.example (10.1.2.3)",
    what="an address of a private network",
    hint="open it",
)


def test_s1_a_switch_is_offered_for_the_address_of_feeds_yaml_alone() -> None:
    assert begin().ended(PRIVATE).message == "x.example (10.1.2.3) is private: not dialled; open it"
    moved = Trip.begin(FetchRequest(url="http://a.example/feed", moved=True))
    assert moved.ended(PRIVATE).message == "x.example (10.1.2.3) is private: not dialled"


@pytest.mark.parametrize("status", [301, 302, 308])
def test_s1_a_redirect_into_a_private_network_names_who_sent_us_there_and_offers_no_switch(status: int) -> None:
    trip = begin("http://a.example:8080/feed")
    trip.judge(redirect("http://x.example/feed", status))
    failed = trip.ended(PRIVATE)
    assert failed.message == (
        "a.example:8080 redirects to x.example (10.1.2.3), an address of a private network: not followed; "
        "ask its publisher"
    )
    assert (failed.kind, failed.url) == (FailureKind.REFUSED_ADDRESS, "http://a.example:8080/feed")


def test_what_would_help_at_the_first_address_is_not_said_of_one_behind_a_redirect() -> None:
    trip = begin()
    trip.judge(redirect("https://b.example/feed", 302))
    problem = FetchProblem(FailureKind.NETWORK, "the server speaks no TLS here", hint="try http://")
    assert trip.ended(problem).message == "the server speaks no TLS here"


@pytest.mark.parametrize("location", ["ftp://x/y", "FTP://x/y", " ftp://x/y"])
def test_a_redirect_to_another_scheme_names_it_and_who_sent_us_there(location: str) -> None:
    with pytest.raises(FetchProblem) as caught:
        begin().judge(redirect(location, 302))
    assert str(caught.value) == "a.example redirects to ftp:, which is not fetched; ask its publisher"
    assert caught.value.kind is FailureKind.REFUSED_ADDRESS


def test_a_redirect_to_no_address_says_so() -> None:
    with pytest.raises(FetchProblem, match="is no address of the web"):
        begin().judge(redirect("http://a.example:99999/"))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("10800", ", Retry-After: 10800 s"),
        ("Tue, 10 Mar 2026 15:00:00 GMT", ", Retry-After: Tue, 10 Mar 2026 15:00:00 GMT"),
        ("\x1b[2J", ""),
        ("1" * 60, ""),
        ("", ""),
    ],
)
def test_p12_a_refusal_repeats_its_retry_after_unless_that_could_be_no_such_thing(value: str, told: str) -> None:
    outcome = begin().judge(Answer(status=429, headers={"retry-after": value}))
    assert isinstance(outcome, Failed)
    assert outcome.message == f"HTTP 429 Too Many Requests from http://a.example/feed{told}"


def test_a_circle_of_redirects_is_refused() -> None:
    trip = begin()
    trip.judge(redirect("/b"))
    with pytest.raises(FetchProblem, match=r"a redirect in a circle at http://a\.example/b") as caught:
        trip.judge(redirect("/feed"))
    assert caught.value.url == "http://a.example/b"


def test_five_redirects_are_followed_and_a_sixth_is_not() -> None:
    trip = begin()
    for number in range(MOST_REDIRECTS):
        trip.judge(redirect(f"/{number}"))
    with pytest.raises(FetchProblem, match="more than 5 redirects"):
        trip.judge(redirect("/last"))


def test_a_redirect_to_nowhere_is_refused() -> None:
    with pytest.raises(FetchProblem, match="HTTP 301 Moved Permanently without saying where to"):
        begin().judge(Answer(status=301, headers={}))


def test_p18_a_410_of_the_address_that_was_asked_means_gone() -> None:
    assert begin().judge(answer(410)) == Gone(headers={"a": "b"})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_p18_a_410_behind_a_redirect_is_only_a_failure(status: int) -> None:
    trip = begin()
    trip.judge(redirect("http://portal.example/", status))
    outcome = trip.judge(answer(410))
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.status, outcome.url) == (FailureKind.STATUS, 410, "http://portal.example/")


def limited(url: str = "http://a.example/feed", *, twin_url: str | None = None) -> Trip:
    return Trip.begin(FetchRequest(url=url, paused=frozenset({RateGroup("tumblr.com:80")}), twin_url=twin_url))


@pytest.mark.parametrize("status", [301, 302, 307])
def test_p14_a_redirect_into_a_paused_group_is_not_followed(status: int) -> None:
    trip = limited()
    assert trip.judge(redirect("http://b.example/", status)) is None
    outcome = trip.judge(redirect("http://a.tumblr.com/rss", status))
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.status, outcome.url) == (FailureKind.STATUS, status, "http://b.example/")
    assert outcome.message.endswith(
        "from http://b.example/, which leads to http://a.tumblr.com/rss: "
        "not followed, the servers of tumblr.com:80 asked to be left alone"
    )


def test_p14_a_redirect_within_the_group_that_was_asked_is_followed_though_it_is_paused() -> None:
    assert limited("http://a.tumblr.com/feed").judge(redirect("http://b.tumblr.com/feed")) is None


def test_p27_a_redirect_to_where_another_feed_is_polled_is_not_followed() -> None:
    trip = limited(twin_url="http://b.example/rss")
    assert trip.judge(redirect("http://b.example/other")) is None
    outcome = trip.judge(redirect("/rss"))
    assert isinstance(outcome, Failed)
    assert "another feed of feeds.yaml is polled there" in outcome.message


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (503, "HTTP 503 Service Unavailable from http://a.example/feed"),
        (404, "HTTP 404 Not Found from http://a.example/feed"),
        (204, "HTTP 204 No Content from http://a.example/feed"),
        (300, "HTTP 300 Multiple Choices from http://a.example/feed"),
        (599, "HTTP 599 from http://a.example/feed"),
    ],
)
def test_any_other_status_is_a_failure_that_names_status_and_place(status: int, message: str) -> None:
    outcome = begin("http://user:pass@a.example/feed?token=secret").judge(answer(status))
    assert outcome == Failed(
        kind=FailureKind.STATUS,
        message=message,
        status=status,
        headers={"a": "b"},
        url="http://a.example/feed?token=secret",
    )


def test_a_failure_names_the_server_behind_the_redirects_whose_answer_it_is() -> None:
    trip = begin()
    trip.judge(redirect("http://b.example/feed", 302))
    outcome = trip.judge(answer(429))
    assert isinstance(outcome, Failed)
    assert outcome.url == "http://b.example/feed"


def test_a_redirect_that_is_not_followed_is_the_answer_of_who_sent_it() -> None:
    trip = begin()
    with pytest.raises(FetchProblem) as caught:
        trip.judge(redirect("file:///etc/passwd", 302))
    assert caught.value.as_failed().url == "http://a.example/feed"
