from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta

import pytest

from aggregator.model.ids import CopySetId
from aggregator.publish.site import EMPTY_UPDATED_AT, newest_change, public
from tests.factories import NOON
from tests.published import make_entry, make_published, make_site


def test_addresses_are_made_from_the_site_s_own_with_or_without_a_slash_at_its_end() -> None:
    assert make_site(url="https://news.example").address("feed.atom") == "https://news.example/feed.atom"
    assert make_site(url="https://news.example/read/").address() == "https://news.example/read/"


def test_links_between_pages_keep_the_path_under_which_the_site_lives() -> None:
    assert make_site(url="https://news.example/read/").link("feeds") == "/read/feeds"
    assert make_site().link() == "/"


@pytest.mark.parametrize("url", ["http://news.example:8000/", "https://NEWS.example/read", "https://u:p@news.example/"])
def test_an_entry_s_permanent_id_does_not_depend_on_scheme_port_path_or_spelling(url: str) -> None:
    assert make_site(url=url).entry_tag(CopySetId(5)) == "tag:news.example,2026:copies/5"


def test_an_address_without_a_name_still_makes_a_legal_tag() -> None:
    assert make_site(url="http://[::1]:8000/").tag("feed") == "tag:--1,2026:feed"


def test_times_are_shown_in_the_site_s_time_zone() -> None:
    assert make_site().local_text(datetime(2018, 9, 2, 4, 50, tzinfo=UTC)) == "Sun, 02 Sep 2018 07:50"


@pytest.mark.parametrize("at", [datetime(MINYEAR, 1, 1, tzinfo=UTC), datetime(MAXYEAR, 12, 31, 23, 59, tzinfo=UTC)])
@pytest.mark.parametrize("timezone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_first_and_last_times_there_are_can_be_shown(at: datetime, timezone: str) -> None:
    assert make_site(timezone=timezone).local_text(at).endswith(("00:00", "59", ":29"))


def test_a_feed_is_as_new_as_the_newest_change_of_its_entries() -> None:
    late = make_entry(2, changed_at=NOON + timedelta(days=2))
    entries = [make_published(make_entry(1, changed_at=NOON), also=[late]), make_published(make_entry(3))]
    assert newest_change(entries) == NOON + timedelta(minutes=10)


def test_an_empty_feed_has_a_fixed_time() -> None:
    assert newest_change([]) == EMPTY_UPDATED_AT


def test_user_name_and_password_of_a_feed_s_address_are_not_published() -> None:
    assert public("https://me:secret@example.org:81/f?k=a@b") == "https://example.org:81/f?k=a@b"
    assert public("https://example.org/@me") == "https://example.org/@me"
