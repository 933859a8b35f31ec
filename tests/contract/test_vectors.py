"""The contract of `stories.vectors.Vectors`: every test here runs against every implementation."""

import json
import math
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.embeddings import load
from aggregator.model.grouping import StoryEntry
from aggregator.model.ids import StoryId
from aggregator.stories.engine import StoryEngine
from aggregator.stories.vectors import LexicalVectors, Vectors
from tests.small_model import save_small_model
from tests.story_entries import story_entry

Making = Callable[[], Vectors]


def lexical(_: Path) -> Making:
    return LexicalVectors


def embedding(folder: Path) -> Making:
    save_small_model(folder)
    return lambda: load(folder, share=0.3)


IMPLEMENTATIONS: dict[str, Callable[[Path], Making]] = {"lexical": lexical, "embedding": embedding}


@pytest.fixture(scope="module", params=sorted(IMPLEMENTATIONS))
def making(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Making:
    return IMPLEMENTATIONS[request.param](tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def vectors(making: Making) -> Vectors:
    return making()


HEADLINES = (
    "Earthquake strikes Japan",
    "Quake of magnitude 7 shakes Tokyo, minister says",
    "Parliament passes budget",
    "Central bank raises rates as inflation soars",
    "زلزال قوي يضرب شمال اليابان",
    "東京で強い地震",
    "Кабинет министров утвердил бюджет",
)
AWKWARD = (
    "",
    " \t\n",
    "\u200b\u200f\u0301",
    "\ud83d quake",
    "\x00 quake",
    "quake " * 10_000,
    "q" * 100_000,
    "🙂" * 50,
    "zzz qqq",
)


def entries(headlines: Sequence[str] = HEADLINES) -> list[StoryEntry]:
    return [story_entry(number, headline, hours=number, language=None) for number, headline in enumerate(headlines, 1)]


def test_its_share_leaves_something_to_the_words(vectors: Vectors) -> None:
    assert 0 <= vectors.share < 1


def test_its_name_is_the_same_whenever_it_is_made(making: Making, vectors: Vectors) -> None:
    assert making().name == vectors.name != ""


def test_the_name_tells_implementations_apart(tmp_path: Path) -> None:
    names = {making(tmp_path / name)().name for name, making in IMPLEMENTATIONS.items()}
    assert len(names) == len(IMPLEMENTATIONS)


@pytest.mark.parametrize("headline", [*HEADLINES, *AWKWARD])
def test_a_meaning_is_none_or_of_length_one(vectors: Vectors, headline: str) -> None:
    for entry in (story_entry(1, headline), story_entry(1, "Quake", body=headline), story_entry(1, "", body=headline)):
        meaning = vectors.meaning(entry)
        assert meaning is None or math.isclose(math.hypot(*meaning), 1.0, abs_tol=1e-3)


def test_all_meanings_have_one_dimension(vectors: Vectors) -> None:
    found = [vectors.meaning(entry) for entry in entries((*HEADLINES, *AWKWARD))]
    assert len({len(meaning) for meaning in found if meaning is not None}) <= 1


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headline=st.text(max_size=60), body=st.text(max_size=200))
def test_any_text_has_a_meaning_or_none(vectors: Vectors, headline: str, body: str) -> None:
    meaning = vectors.meaning(story_entry(1, headline, body=body))
    assert meaning is None or all(-1.0 <= number <= 1.0 for number in meaning)


def test_a_meaning_depends_on_the_entry_alone(making: Making, vectors: Vectors) -> None:
    asked = entries((*HEADLINES, *AWKWARD))
    found = {entry.id: vectors.meaning(entry) for entry in asked}
    random.Random(1).shuffle(asked)
    other = making()
    assert {entry.id: other.meaning(entry) for entry in asked} == found


def test_an_entry_without_words_has_no_meaning(vectors: Vectors) -> None:
    assert vectors.meaning(story_entry(1, "")) is None
    assert vectors.meaning(story_entry(1, " ", body="\n")) is None


def test_a_meaning_comes_back_from_json_as_it_was(vectors: Vectors) -> None:
    for entry in entries():
        meaning = vectors.meaning(entry)
        kept = json.loads(json.dumps(meaning))
        assert meaning is None or tuple(kept) == tuple(meaning)


def stories(engine: StoryEngine, given: Sequence[StoryEntry], *, pausing: bool = False) -> list[StoryId | None]:
    for entry in given:
        engine.add(entry)
        if pausing:
            engine.changes()
    engine.advance(given[-1].at + timedelta(hours=2))
    return [engine.story_of(entry.id) for entry in given]


REPORTED = (
    "Strong earthquake strikes northern Japan, tsunami warning issued",
    "Parliament passes budget after night of debate",
    "Tsunami warning after strong earthquake hits northern Japan",
    "Central bank raises interest rates by a quarter point",
    "Japan issues tsunami warning as earthquake strikes north",
    "Budget passes parliament after long night of debate",
)


def test_one_event_is_one_story_and_others_are_not(vectors: Vectors) -> None:
    assert stories(StoryEngine(vectors=vectors), entries(REPORTED)) == [1, 2, 1, 3, 1, 2]


def test_the_same_entries_give_the_same_stories_whatever_the_pauses(making: Making, vectors: Vectors) -> None:
    once = stories(StoryEngine(vectors=vectors), entries(REPORTED))
    again = stories(StoryEngine(vectors=making()), entries(REPORTED), pausing=True)
    assert once == again
