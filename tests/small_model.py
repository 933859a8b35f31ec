"""A sentence-embedding model for tests: a few words, each with its direction, written to disk as a real one is."""

from collections.abc import Sequence
from pathlib import Path

import pytest

SENSES: tuple[Sequence[str], ...] = (
    ("earthquake", "quake", "tremor", "shakes", "strikes", "magnitude"),
    ("japan", "tokyo", "sendai"),
    ("parliament", "budget", "minister", "vote"),
    ("bank", "rates", "inflation"),
)
"""Words of one sense have one direction, different senses are at right angles."""


def save_small_model(folder: Path, *, senses: Sequence[Sequence[str]] = SENSES) -> Path:
    """Save a model; skip the test where the extra is not installed."""
    model2vec = pytest.importorskip("model2vec", reason="the extra 'embeddings' is not installed")
    numpy, tokenizers = pytest.importorskip("numpy"), pytest.importorskip("tokenizers")
    words = [word for sense in senses for word in sense]
    rows = [[float(at == axis) for axis in range(len(senses))] for at, sense in enumerate(senses) for _ in sense]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: at for at, word in enumerate(["[UNK]", *words])}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.normalizer = tokenizers.normalizers.Lowercase()
    vectors = numpy.array([[0.0] * len(senses), *rows], dtype="float32")
    model2vec.StaticModel(vectors, tokenizer).save_pretrained(folder)
    return folder
