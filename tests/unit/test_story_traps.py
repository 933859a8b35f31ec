"""Traps that other implementers of grouping reported, each as headlines that must, or must not, be one story."""

import pytest

from aggregator.stories.engine import StoryEngine
from tests.story_entries import placed, story_entry

HORMUZ = (
    "Iran says it has closed Strait of Hormuz again over US blockade",
    "Iran closes Strait of Hormuz again over US blockade and fires on ships",
    "Defiant message from Iran as vessels attempting to cross Hormuz report gunfire",
    "Middle East crisis live: Iran warns it will close strait of Hormuz if US blockade continues",
    "Middle East crisis live: Iran says it has closed the strait of Hormuz; tanker reports being attacked",
    "Middle East crisis live: tanker reports attack as Iran closes strait of Hormuz; French soldier killed in Lebanon",
)
"""koala73/worldmonitor#3195: a Jaccard index of 0.55 linked none of six."""


def test_one_closure_under_six_headlines_is_mostly_one_story() -> None:
    stories = placed(StoryEngine(), HORMUZ, hours=0.5)
    assert max(stories.count(story) for story in stories) >= 4


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Micron crosses $900B in market value", "SK Hynix crosses $900B in market value"),  # guzus/ai-research-arm#146
        ("Apple unveils new watch with blood pressure sensor", "Rivian founder wears Apple Watch at truck launch party"),  # NewsBlur
        ("Turkey prices soar ahead of Thanksgiving", "Turkey raises interest rates"),
        ("Hope Hicks to testify before Congress", "Hope fades for miners trapped underground"),
        ("Magnitude 6.1 earthquake strikes off coast of Japan", "Magnitude 6.4 earthquake strikes off coast of Chile"),
        ("Judge grants bail to former minister in graft case", "Judge denies bail to former minister in graft case"),
        ("Fed raises interest rates by a quarter point in June", "Fed raises interest rates by a quarter point in July"),
        ("Morning briefing: what you need to know today", "Morning briefing: what you need to know today"),
        ("Your daily horoscope: March 11, 2026", "Your daily horoscope: March 12, 2026"),
        ("Submarine attack on warship off Sri Lanka leaves 100 missing", "Sri Lanka opens museum of tea in its highlands"),
    ],
)  # fmt: skip
def test_two_events_stay_two_stories(one: str, other: str) -> None:
    first, second = placed(StoryEngine(), [one, other], hours=20)
    assert first != second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # NewsBlur: a long title beside a short one that it contains
        ("Boeing names new chief executive", "Boeing names new chief executive after months of turmoil over grounded jets"),
        ("Filipino rebel chiefs become officials under peace deal", "Philippines swears in former Muslim rebel commanders to lead Mindanao"),
        ("Security forces free Mali official from extremists", "Mali prefect and journalist freed after months held by jihadists"),
        ("Meta releases Llama 5", "Meta releases Llama 5 with 2M token context"),
        ("Bus crash kills 12 in Peru", "Death toll in Peru bus crash rises to 15"),
    ],
)  # fmt: skip
def test_one_event_in_other_words_is_one_story(one: str, other: str) -> None:
    first, second = placed(StoryEngine(), [one, other], hours=5)
    assert first == second


def test_what_a_veto_keeps_apart_is_related() -> None:
    engine = StoryEngine()
    first, second = placed(
        engine,
        ["Judge grants bail to former minister in graft case", "Judge denies bail to former minister in graft case"],
    )
    assert [other.story for other in engine.related(first)] == [second]
    assert [other.story for other in engine.related(second)] == [first]


def test_a_feed_whose_headlines_are_all_the_same_makes_no_story_of_them() -> None:  # FreshRSS#948, lemon24/reader#371
    engine = StoryEngine()
    bodies = (
        "Version 3.2 of the mail server mends four faults in its queue",
        "A new router model gained support for flashing",
    )
    for number, body in enumerate(bodies, 1):
        engine.add(story_entry(number, "News", hours=number, body=body, publisher="one"))
    assert len(engine.window.stories) == 2
