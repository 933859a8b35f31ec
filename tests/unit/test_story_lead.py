"""Which entry speaks for a story."""

import pytest

from aggregator.stories.engine import StoryEngine
from aggregator.text.columns import is_report, is_round_up
from tests.story_entries import story_entry

REPORT = "Old harbour bridge at Kolm to close for two years"


@pytest.mark.parametrize(
    "headline",
    [
        "Is it time to close the old harbour bridge at Kolm?",
        "Column: The old harbour bridge at Kolm has to close",
        "What you need to know about the old harbour bridge at Kolm",
        "Photos: Old harbour bridge at Kolm before it is to close",
        "Five reasons to close the old harbour bridge at Kolm",
    ],
)
def test_a_report_leads_and_no_question_comment_or_gallery(headline: str) -> None:
    engine = StoryEngine()
    stories = {
        engine.add(story_entry(1, headline)),
        engine.add(story_entry(2, REPORT, hours=0.5)),
        engine.add(story_entry(3, "Kolm to close its old harbour bridge for two years", hours=1)),
    }
    assert len(stories) == 1
    assert engine.window.stories[stories.pop()].lead.entry.headline == REPORT


@pytest.mark.parametrize(
    "headline", ["How Kolm lost its bridge", "北京暴雨为何如此猛烈？", "Kommentar: Zu spät für Kolm"]
)
def test_what_asks_or_comments_is_no_report(headline: str) -> None:
    assert not is_report(headline)


@pytest.mark.parametrize(
    "headline", [REPORT, "Whatever happened, Kolm mayor says, was no accident", "Reviewers praise film"]
)
def test_what_says_what_happened_is_a_report(headline: str) -> None:
    assert is_report(headline)


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Your Tuesday briefing", True),
        ("Coronavirus briefing: what happened today", True),
        ("The week in pictures", True),
        ("Presseschau vom Montag", True),
        ("Live updates: old harbour bridge at Kolm to close", False),
        ("Judges wrap up hearings on old harbour bridge at Kolm", False),
        ("", False),
    ],
)
def test_a_headline_of_several_events_is_a_round_up(headline: str, expected: object) -> None:
    assert is_round_up(headline) is expected
