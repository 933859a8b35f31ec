"""Which model is asked beside the words, as feeds.yaml says."""

from pathlib import Path

import pytest

from aggregator.config.model import Configuration
from aggregator.config.read import parse
from aggregator.errors import InputError
from aggregator.groupers import story_vectors


def configured(stories: str) -> Configuration:
    return parse(f"stories: {{{stories}}}\nfeeds: []", file="feeds.yaml")


def test_without_a_model_words_decide_alone() -> None:
    assert story_vectors(configured("idle: 2d")) is None


def test_a_model_of_which_nothing_is_asked_is_not_looked_for() -> None:
    assert story_vectors(configured("embeddings: nowhere, embeddings_share: 0")) is None


def test_a_model_is_loaded_when_it_is_needed_and_not_before(tmp_path: Path) -> None:
    assert callable(story_vectors(configured(f"embeddings: {tmp_path}")))


def test_a_folder_that_is_not_there_is_said_at_once_and_by_name() -> None:
    with pytest.raises(InputError, match=r"^stories\.embeddings: 'nowhere' is not a folder; "):
        story_vectors(configured("embeddings: nowhere"))
