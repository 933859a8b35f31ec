"""Since when an address has been answered as now."""

from datetime import datetime, timedelta

from aggregator.web.representations import Representations, Served
from tests.factories import NOON
from tests.manual_clock import ManualClock


class Answering:
    """An address with a clock that is moved by hand; a minute has gone by since the process started."""

    def __init__(self, *, most: int = 10) -> None:
        self.clock = ManualClock(NOON - timedelta(minutes=1))
        self.representations = Representations(self.clock, most=most)
        self.at(0)

    def at(self, seconds: float) -> "Answering":
        self.clock.at = NOON + timedelta(seconds=seconds)
        return self

    def answers(self, digest: str, address: bytes = b"/feed.atom?") -> Served | None:
        return self.representations.serve(address, digest)


def _since(served: Served | None) -> datetime | None:
    return served.since if served else None


def test_an_answer_lasts_since_it_was_first_given() -> None:
    answering = Answering().at(0.7)
    assert _since(answering.answers("x")) == NOON
    assert _since(answering.at(60).answers("x")) == NOON


def test_another_answer_begins_anew_and_so_does_one_that_comes_back() -> None:
    answering = Answering()
    answering.answers("x")
    assert _since(answering.at(10).answers("y")) == NOON + timedelta(seconds=10)
    assert _since(answering.at(20).answers("x")) == NOON + timedelta(seconds=20)


def test_a_second_change_within_a_second_has_no_date_until_the_next_one() -> None:
    answering = Answering().at(0.1)
    assert _since(answering.answers("x")) == NOON
    assert answering.at(0.6).answers("y") is None
    later = answering.at(20).answers("y")
    assert _since(later) == NOON + timedelta(seconds=1)
    assert later is not None
    assert not later.covers(NOON), "who was told of x at noon does not hold y"


def test_a_date_is_believed_from_two_seconds_on_and_none_of_the_future() -> None:
    answering = Answering()
    believed = []
    for seconds in (0, 1, 2, 3600):
        served = answering.at(seconds).answers("x")
        believed.append(served is not None and served.covers(NOON))
        assert served is not None
        assert not served.covers(NOON - timedelta(seconds=1))
        assert not served.covers(served.now + timedelta(seconds=1))
        assert not served.covers(None)
    assert believed == [False, False, True, True]


def test_addresses_do_not_know_of_each_other() -> None:
    answering = Answering()
    answering.answers("x", b"/a?")
    assert _since(answering.at(5).answers("x", b"/b?")) == NOON + timedelta(seconds=5)
    assert _since(answering.at(6).answers("x", b"/a?")) == NOON


def test_what_was_asked_for_longest_ago_is_forgotten_first() -> None:
    answering = Answering(most=2)
    for seconds, address in enumerate([b"/a", b"/b", b"/a", b"/c"]):
        answering.at(seconds).answers("x", address)
    assert _since(answering.at(10).answers("x", b"/a")) == NOON
    assert _since(answering.at(11).answers("x", b"/b")) == NOON + timedelta(seconds=11)


def test_what_is_forgotten_within_the_second_in_which_it_was_sent_is_not_mistaken() -> None:
    answering = Answering(most=1)
    answering.answers("x", b"/a")
    answering.answers("x", b"/b")
    assert answering.answers("y", b"/a") is None
    assert _since(answering.at(1).answers("y", b"/a")) == NOON + timedelta(seconds=1)


def test_after_a_restart_no_date_of_before_is_believed() -> None:
    before = Answering()
    before.answers("x")
    after = Representations(ManualClock(NOON + timedelta(hours=1)))
    assert after.serve(b"/feed.atom?", "y") is None, "the same second may have been the last of the process before"


def test_a_clock_that_is_set_back_makes_no_two_answers_of_one_date() -> None:
    answering = Answering().at(100)
    answering.answers("x")
    assert answering.at(50).answers("y") is None
    assert _since(answering.at(200).answers("y")) == NOON + timedelta(seconds=101)
