"""What a sentence-embedding model says of an entry: the optional `stories.vectors.Vectors` beside the words.

The one home of model2vec (`pip install 'aggregator[embeddings]'`), imported when a model is loaded and not before. A model is a
folder on this machine, named by `stories.embeddings` of feeds.yaml; nothing is ever downloaded.
"""

import hashlib
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from aggregator.errors import InputError, UserError
from aggregator.model.grouping import StoryEntry

OPTION: Final = "stories.embeddings"
LEAST: Final = 0.05
"""What lies so near to the middle is news and nothing more: its direction would be noise. Models lie 0.2 and more away from it, even
those that put everything within a likeness of 0.95."""
CHARACTERS: Final = 500
"""Of headline and text, about what `StorySettings.body_terms` lets words see of an entry."""
DIGITS: Final = 5
"""Of a number in a vector: what differs between processors in the last bits shall not move a story. Of vectors of length 1 with 256
numbers no likeness changes by more than 0.0002."""
RULES: Final = 1
"""Raised whenever the same model is asked something else (`REFERENCE`, too), so that stored vectors are made anew."""

REFERENCE: Final = (
    "Parliament passes budget after night of debate",
    "President names new foreign minister",
    "Opposition leader calls for early elections",
    "Court rejects appeal in corruption case",
    "Thousands march in capital against pension reform",
    "Rebels and army agree to ceasefire",
    "Air strike hits town near border",
    "Peace talks resume after three months",
    "Police arrest suspect after shooting at market",
    "Jury finds former banker guilty of fraud",
    "Central bank leaves interest rates unchanged",
    "Shares slip as oil prices climb",
    "Carmaker to cut jobs at two plants",
    "Airline orders fifty new jets",
    "Unemployment falls to lowest in a decade",
    "Farmers protest over milk prices",
    "Earthquake shakes coastal towns",
    "Floods cut off villages after heavy rain",
    "Wildfire forces thousands from their homes",
    "Train derails, several injured",
    "Bus crash kills pilgrims on mountain road",
    "Vaccine shows promise in large trial",
    "Hospitals warn of shortage of nurses",
    "Study links poor sleep to heart disease",
    "Probe sends back first pictures of asteroid",
    "Scientists find new species of frog",
    "Phone maker unveils cheaper model",
    "Hackers steal data of millions of customers",
    "Regulator fines search engine over advertising",
    "Champions beaten at home in cup tie",
    "Striker signs for three more years",
    "Sprinter breaks national record",
    "Director wins top prize at film festival",
    "Singer cancels tour over illness",
    "Museum returns stolen bronzes",
    "University students occupy library",
    "Bundestag berät über neues Gesetz",
    "Mehrere Verletzte bei Unfall auf der Autobahn",
    "Le gouvernement présente son plan pour l'école",
    "Incendie dans une usine, aucun blessé",
    "El presidente viaja a la cumbre regional",
    "Detenido un hombre por el robo de un banco",
    "Правительство повысило пенсии",
    "Сборная проиграла в первом матче",
    "الحكومة تعلن خطة اقتصادية جديدة",
    "مقتل شخصين في حادث سير",
    "政府公布新的经济数据",
    "首相が経済対策を発表",
)
"""News of no kind in particular; what a model says of all of it says nothing about an event."""

_WEIGHED: Final = ("*.json", "*.safetensors", "*/*.json", "*/*.safetensors")
_BLOCK: Final = 1 << 20


class Model(Protocol):
    """As much of `model2vec.StaticModel` as is used."""

    def encode(self, sentences: Sequence[str]) -> Any:  # noqa: ANN401  # numpy comes with the extra alone
        """Give an array with one row a sentence."""


class EmbeddingVectors:
    """A model's opinion of entries, see `stories.vectors.Vectors`: in which direction from the middle of all news they lie.

    Models put whatever is news close together, so that two articles on nothing in common are a good deal alike. Measured with word
    vectors made of 28,322 headlines: 0.24 on average, and 0.06 seen from the middle; false joins fall from 0.59 to 0.33 with a share of
    0.3, and from 0.16 to 0.12 with one of 0.1 (docs/embeddings.md).

    Args:
        model: what gives a vector for a text; always the same for the same text.
        name: of the model, to the last bit.
        share: how much of the likeness of two entries is the model's, above 0 and below 1.
    """

    def __init__(self, model: Model, *, name: str, share: float) -> None:
        self.name = name
        self.share = share
        self._model = model
        self._middle: Any = sum(row for row in map(self._direction, REFERENCE) if row is not None) / len(REFERENCE)

    def meaning(self, entry: StoryEntry) -> Sequence[float] | None:
        """Give a vector of length 1; None where the model knows no word of the entry, or what it says is no direction.

        Entries are asked about one by one, as they come in: what a model says of one may then not depend on its neighbours in a batch.
        """
        said = self._direction(f"{entry.headline}\n{entry.body}".strip()[:CHARACTERS])
        seen = None if said is None else _unit(said - self._middle, at_least=LEAST)
        return None if seen is None else tuple(seen.round(DIGITS).tolist())

    def _direction(self, text: str) -> Any:  # noqa: ANN401  # an array, or None
        # A JSON file may escape half a surrogate pair, which is no text to a tokenizer.
        whole = text.encode("utf-8", "replace").decode("utf-8")
        return _unit(self._model.encode([whole])[0].astype("float64"))


def _unit(row: Any, *, at_least: float = 1e-6) -> Any:  # noqa: ANN401  # an array, or None
    """Give a vector the length 1; None where it is too short to have a direction, or no number."""
    length = math.sqrt(float(row @ row))
    return row / length if at_least <= length < math.inf else None


def load(folder: Path, *, share: float) -> EmbeddingVectors:
    """Load a model from this machine.

    Args:
        folder: where `save_pretrained` of model2vec, or of a static model of sentence-transformers, has put it.
        share: see `EmbeddingVectors`. Who wants none of it uses the words alone and loads no model.

    Raises:
        InputError: there is no such folder, or no usable model in it.
        UserError: the extra is not installed, or the share is none.
    """
    if not 0.0 < share < 1.0:
        raise UserError(
            f"{OPTION}_share: {share:g} is not above 0 and below 1; to do without the model, leave {OPTION} out"
        )
    place = folder.expanduser().resolve()
    if not place.is_dir():
        raise InputError(
            f"{OPTION}: '{folder}' is not a folder; it names a model2vec model on this machine, nothing is downloaded"
        )
    return EmbeddingVectors(_model(place, folder), name=_name(place), share=share)


def _model(place: Path, named: Path) -> Model:
    """Load a model that is there; refuse what gives no vector.

    model2vec asks the Hugging Face hub for a folder that is not there. An absolute path is no name to the hub, and the hub's library
    does without network when told so before it is imported. One text at a time gains nothing by threads of the tokenizer, and they
    would complain of every later fork.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from model2vec import StaticModel  # noqa: PLC0415  # an extra; and 0.3 s for those who have it and do not use it
    except ImportError as missing:
        raise UserError(f"{OPTION} needs more than is installed: pip install 'aggregator[embeddings]'") from missing
    try:
        model: Model = StaticModel.from_pretrained(place)
        model.encode(["news"])
    except Exception as failed:  # tokenizers and safetensors raise plain exceptions of their own
        raise InputError(f"{OPTION}: '{named}' holds no model that model2vec can use: {failed}") from failed
    return model


def _name(place: Path) -> str:
    """Name a model by what is in it: another one in the same place says something else."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _WEIGHED for path in place.glob(pattern)}):
        digest.update(f"{path.relative_to(place)}\n{path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return f"model2vec {RULES} {digest.hexdigest()[:16]}"
