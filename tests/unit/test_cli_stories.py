"""Which story a person means, and how it is told."""

from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from aggregator.cli.stories_known import entry_number, known_category, story_number
from aggregator.cli.stories_said import as_json, happened, said
from aggregator.cli.stories_why import as_reasons, explained
from aggregator.config.read import parse
from aggregator.errors import InputError, UserError
from aggregator.model.grouping import Placement
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import EventKind, PublishedStory, Story, StoryEvent, StoryLine, StoryMember
from aggregator.services.story_rulings import Reasons
from tests.factories import NOON
from tests.published import make_entry


def event(kind: EventKind, detail: str = "") -> StoryEvent:
    return StoryEvent(story=StoryId(7), kind=kind, at=NOON, entry=EntryId(1), detail=detail)


def line(number: int) -> StoryLine:
    return StoryLine(
        id=StoryId(number), lead=make_entry(number), coverage=1, size=1, first_at=NOON, last_at=NOON, updated_at=NOON
    )


def published(*, is_pinned: bool = False) -> PublishedStory:
    lead = make_entry(1, headline="Earthquake in Japan", publisher="Gazette")
    story = Story(
        id=StoryId(7),
        lead=lead,
        coverage=1,
        size=1,
        first_at=NOON,
        last_at=NOON + timedelta(hours=1),
        updated_at=NOON,
        members=(StoryMember(entry=lead, score=1.0, words=(), vetoes=()),),
        events=(event(EventKind.FOUNDED),),
        is_open=False,
        is_pinned=is_pinned,
    )
    return PublishedStory(story=story, lead=lead, related=(line(9),))


@pytest.mark.parametrize("text", ["17", "https://news.example/stories/17", "/stories/17"])
def test_a_story_is_named_by_its_number_or_its_address(text: str) -> None:
    assert story_number(text) == 17


@pytest.mark.parametrize("text", ["", "seventeen", "-1", "1.5", "https://news.example/entries/17", "9" * 30])
def test_what_is_no_story_says_what_was_expected(text: str) -> None:
    with pytest.raises(InputError, match=r"is not the number of a story; expected one such as 17$"):
        story_number(text)


def test_an_entry_is_not_a_story() -> None:
    assert entry_number("/entries/3") == 3
    with pytest.raises(InputError, match="not the number of an entry"):
        entry_number("/stories/3")


def test_a_category_is_spelt_as_feeds_yaml_does() -> None:
    configuration = parse("feeds:\n- {url: https://a.example/, category: Middle East}\n", file="feeds.yaml")
    assert known_category(configuration, "middle east") == "Middle East"
    with pytest.raises(UserError, match=r"^no feed is of the category 'Sports'; there is Middle East$"):
        known_category(configuration, "Sports")


def test_a_story_is_told_with_what_happened_and_what_is_related() -> None:
    told = list(said(published(is_pinned=True), UTC))
    assert told[0] == "7  Earthquake in Japan"
    assert told[1] == "1 publisher, 1 entry, 2026-03-10 12:00 UTC to 2026-03-10 13:00 UTC; closed, pinned"
    assert "  2026-03-10 12:00 UTC  first reported by Gazette" in told
    assert "  9  Headline number 9" in told


@pytest.mark.parametrize("kind", EventKind)
def test_every_event_is_told_with_its_detail_and_without(kind: EventKind) -> None:
    with_detail, without = happened(event(kind, "12"), "12"), happened(event(kind), "")
    assert "12" in with_detail
    assert with_detail.startswith(without)
    assert without[-1].isalpha()


def test_who_has_the_earliest_entry_reported_first_and_a_story_that_nobody_saw_did_not_merge() -> None:
    whole = published()
    gone = replace(event(EventKind.FOUNDED), entry=EntryId(99), detail="Courier")
    story = replace(whole.story, events=(gone, event(EventKind.MERGED), event(EventKind.MERGED, "12")))
    told = list(said(replace(whole, story=story), UTC))
    assert [
        line.split("UTC  ")[1] for line in told[told.index("What happened:") + 1 : told.index("Related stories:") - 1]
    ] == [
        "first reported by Gazette",
        "another story turned out to be this one: 12",
    ]


def why(score: float, *words: str) -> StoryMember:
    return StoryMember(entry=make_entry(1), score=score, words=words, vetoes=())


@pytest.mark.parametrize(
    ("member", "size", "expected"),
    [
        (why(1.0), 1, "alone: nothing was like it enough"),
        (why(1.0), 2, "came first: no other entry of the story was placed before it"),
        (why(1.0, "Japan"), 2, "100% like the others; shares Japan"),
        (why(0.414, "Japan", "quake"), 2, "41% like the others; shares Japan, quake"),
    ],
)
def test_a_closed_story_gives_the_reasons_of_when_each_entry_was_placed(
    member: StoryMember, size: int, expected: str
) -> None:
    """One entry is shown, of a story of so many: others may be of feeds that were taken out."""
    reasons = Reasons(placements={}, size=size, rulings=())
    story = replace(published().story, members=(member,))
    told = list(explained(story, reasons, UTC))
    assert f"      {expected}" in told
    assert ("Not shown: 1 entry of feeds that feeds.yaml does not list now." in told) is (size == 2)
    (entry,) = as_reasons(story, reasons)["entries"]
    assert (entry["score"] is None) is member.came_first


def test_an_open_story_gives_the_reasons_of_today_also_for_who_came_first() -> None:
    now = Placement(entry_id=EntryId(1), story=StoryId(7), score=0.5, words=("Japan",))
    told = explained(
        replace(published().story, members=(why(1.0),)), Reasons(placements={EntryId(1): now}, size=2, rulings=()), UTC
    )
    assert "      50% like the others; shares Japan" in list(told)


def test_as_json_a_story_has_all_that_is_shown() -> None:
    told = as_json(published())
    assert (told["story_id"], told["open"], told["pinned"], told["size"]) == (7, False, False, 1)
    assert told["last_at"] == "2026-03-10T13:00:00+00:00"
    assert told["related"] == [as_json_line(9)]


def as_json_line(number: int) -> dict[str, object]:
    at = "2026-03-10T12:00:00+00:00"
    times = {"first_at": at, "last_at": at, "updated_at": at}
    return {
        "story_id": number,
        "headline": f"Headline number {number}",
        "lead": number,
        "publishers": 1,
        "size": 1,
        **times,
    }


def test_paths_of_a_share_and_a_model_are_read(tmp_path: Path) -> None:
    text = f"stories: {{embeddings: {tmp_path}, embeddings_share: 0.5, idle: 2d, late: 0s}}\nfeeds: []"
    stories = parse(text, file="feeds.yaml").stories
    assert (stories.embeddings, stories.embeddings_share) == (tmp_path, 0.5)
    assert (stories.settings.idle, stories.settings.late) == (timedelta(days=2), timedelta())
