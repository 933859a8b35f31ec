"""A sentence-embedding model from this machine."""

import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from aggregator.embeddings import CHARACTERS, EmbeddingVectors, load
from aggregator.errors import InputError, UserError
from tests.small_model import SENSES, save_small_model
from tests.story_entries import story_entry

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def vectors(folder: Path) -> EmbeddingVectors:
    return load(folder, share=0.3)


def likeness(vectors: EmbeddingVectors, one: str, other: str) -> float:
    mine, theirs = vectors.meaning(story_entry(1, one)), vectors.meaning(story_entry(2, other))
    assert mine is not None
    assert theirs is not None
    return sum(a * b for a, b in zip(mine, theirs, strict=True))


def test_what_means_the_same_in_other_words_is_alike(vectors: EmbeddingVectors) -> None:
    assert likeness(vectors, "Earthquake strikes Tokyo", "Tremor shakes Japan") == pytest.approx(1.0, abs=1e-3)
    assert likeness(vectors, "Earthquake strikes Tokyo", "Inflation rates") < 0.1


def test_the_text_counts_beside_the_headline_as_far_as_it_is_looked_at(vectors: EmbeddingVectors) -> None:
    headline = vectors.meaning(story_entry(1, "Quake"))
    assert vectors.meaning(story_entry(1, "Quake", body="Budget vote")) != headline
    assert vectors.meaning(story_entry(1, "Quake", body="x " * CHARACTERS + "Budget vote")) == headline


def test_what_all_news_has_in_common_makes_nothing_alike(tmp_path: Path) -> None:
    """A model to which everything is first of all news, as REFERENCE is, and only then about something."""
    numpy = pytest.importorskip("numpy", reason="the extra 'embeddings' is not installed")

    class Biased:
        def encode(self, sentences: Sequence[str]) -> object:
            return numpy.array([[3.0, "quake" in text, "vote" in text] for text in sentences], dtype="float32")

    vectors = EmbeddingVectors(Biased(), name="biased", share=0.3)
    assert likeness(vectors, "quake", "vote") < 0.05
    assert likeness(vectors, "quake", "quake again") == pytest.approx(1.0, abs=1e-3)
    assert vectors.meaning(story_entry(1, "news")) is None


def test_words_that_the_model_does_not_know_are_no_opinion(vectors: EmbeddingVectors) -> None:
    assert vectors.meaning(story_entry(1, "Ferry sinks")) is None


def test_a_model_that_says_no_number_has_no_opinion(folder: Path) -> None:
    numpy = pytest.importorskip("numpy")

    class Broken:
        def encode(self, sentences: object) -> object:
            return numpy.array([[math.nan, 1.0]], dtype="float32")

    assert EmbeddingVectors(Broken(), name="broken", share=0.3).meaning(story_entry(1, "Quake")) is None


def test_a_missing_folder_is_refused_by_the_name_of_the_option(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"^stories\.embeddings: '.*nowhere' is not a folder; .*nothing is downloaded$"
    ):
        load(tmp_path / "nowhere", share=0.3)


def test_the_name_of_a_model_on_the_hub_is_a_folder_that_is_missing() -> None:
    with pytest.raises(InputError, match="'minishlab/potion-base-8M' is not a folder"):
        load(Path("minishlab/potion-base-8M"), share=0.3)


def test_a_file_is_refused_as_a_model(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"")
    with pytest.raises(InputError, match="is not a folder"):
        load(tmp_path / "model.bin", share=0.3)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan])
def test_a_share_of_nothing_or_all_is_refused(tmp_path: Path, share: float) -> None:
    with pytest.raises(UserError, match=r"stories\.embeddings_share"):
        load(tmp_path, share=share)


def test_an_empty_folder_is_refused_as_a_model(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^stories\.embeddings: '.*' holds no model that model2vec can use: "):
        load(tmp_path, share=0.3)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_damaged_model_is_refused(tmp_path: Path, name: str) -> None:
    folder = save_small_model(tmp_path / "damaged")
    (folder / name).write_bytes(b"{")
    with pytest.raises(InputError, match="holds no model"):
        load(folder, share=0.3)


def test_a_model_is_named_by_what_is_in_it(folder: Path, tmp_path: Path) -> None:
    name = load(folder, share=0.3).name
    assert load(save_small_model(tmp_path / "same"), share=0.3).name == name
    assert load(save_small_model(tmp_path / "other", senses=SENSES[::-1]), share=0.3).name != name


def test_a_model_is_loaded_and_asked_without_network(folder: Path, socket_disabled: None) -> None:
    assert load(folder, share=0.3).meaning(story_entry(1, "Quake")) is not None


@pytest.mark.slow
def test_loading_keeps_the_library_from_the_network_for_good(folder: Path) -> None:
    run = (
        "import pathlib, sys\n"
        "from aggregator.embeddings import load\n"
        "load(pathlib.Path(sys.argv[1]), share=0.3)\n"
        "import huggingface_hub.constants\n"
        "print(huggingface_hub.constants.HF_HUB_OFFLINE)"
    )
    done = subprocess.run(
        [sys.executable, "-c", run, folder], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["True"]


def test_the_module_needs_nothing_of_the_extra_until_a_model_is_loaded() -> None:
    run = "import sys, aggregator.embeddings; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", run], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert {"numpy", "model2vec", "tokenizers", "huggingface_hub"} & set(done.stdout.split()) == set()


def test_without_the_extra_it_is_said_what_to_install(tmp_path: Path) -> None:
    run = (
        "import pathlib, sys\n"
        "sys.modules['model2vec'] = None\n"  # as Python marks what can't be imported
        "from aggregator.embeddings import load\n"
        "from aggregator.errors import UserError\n"
        "try:\n    load(pathlib.Path(sys.argv[1]), share=0.3)\n"
        "except UserError as refused:\n    print(refused)"
    )
    done = subprocess.run(
        [sys.executable, "-c", run, tmp_path], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "stories.embeddings needs more than is installed: pip install 'aggregator[embeddings]'\n"
