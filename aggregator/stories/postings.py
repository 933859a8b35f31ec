"""Postings: which open stories have a term, and by that which of them an entry or a story may be like.

What is looked at for one entry is bounded, however many stories are open and however few words they are made of. Feeds of weather, prices and
tables say the same few phrases all day: there every story shares most of its terms with every other one, and to compare each with each took
12 ms an entry for 15,000 and grew with them. So terms are looked up in order of what they tell for what they cost, of one that very many
stories have only the latest of these, and what is found that way is worked out to the end for the likeliest alone:

    terms, most telling first  ->  at most `LOOKED_AT` postings  ->  the `COMPARED` likeliest  ->  cosine
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, MutableSequence, Sequence
from itertools import chain
from math import fsum
from operator import itemgetter
from typing import TYPE_CHECKING, Final, cast

from aggregator.model.ids import StoryId
from aggregator.stories.effort import Effort
from aggregator.stories.vectors import product

if TYPE_CHECKING:
    from aggregator.stories.at_hand import AtHand
    from aggregator.stories.window import OpenStory

LOOKED_AT: Final = 300
"""Postings that are looked at for one entry or story."""
OF_A_TERM: Final = 100
"""Postings of one term that are: so that it takes several terms to use all of them up. Higher numbers are later stories."""
COMPARED: Final = 12
"""Stories whose likeness to an entry or story is worked out. With 16 and with 40 the figures of `benchmarks/stories.md` are the same; with 8, of
100 postings, BCubed F1 is 0.005 less."""
FEW: Final = 100
"""Postings up to which adding up what each comes to takes less than choosing which stories to compare."""
LONG: Final = 32
"""Stories of a term from which on these are kept as arrays once they have been in an outline."""
_ROUNDING: Final = 1e-9

Holding = tuple[MutableSequence[StoryId], MutableSequence[float]]
"""Stories that have a term, and the weight of each in it: lists, or arrays as an outline brings them back, and leaves long ones.

Lists of numbers that stand elsewhere anyway take 16 bytes a posting, arrays 12, but 40 more a term, and most terms are of one story; to make arrays,
and numbers again out of them, took 3 % of the time of a replay.
"""
NOWHERE: Final[Holding] = ([], [])
"""What is held of a term that no story has."""


class Postings:
    """The numbers of open stories by term, in ascending order, each with what its entries weigh in that term together.

    The weights stand in the stories, too. To fetch each from there took 7 % of the time of a replay, more than any other function: it is
    four look-ups for one product.

    Args:
        stories: the open stories.
        effort: counts what is looked at.
    """

    def __init__(self, stories: "AtHand[OpenStory]", effort: Effort) -> None:
        self._stories = stories
        self._effort = effort
        self._holding: dict[str, Holding] = {}

    def outline(self) -> Mapping[str, Holding]:
        """Give all of it, as `take_up` takes it. Long lists are arrays from then on.

        Most of their stories are at hand no more, so that their weights stand nowhere else: 40 bytes a posting, and 12 in an array.
        """
        for term, (ids, weights) in self._holding.items():
            if isinstance(ids, list) and len(ids) >= LONG:
                self._holding[term] = cast("Holding", (array("I", ids), array("d", weights)))
        return self._holding

    def take_up(self, holding: Mapping[str, Holding]) -> None:
        """Note some of what was noted before a restart."""
        self._holding.update(holding)

    def note(self, story_id: StoryId, terms: Iterable[str], sums: Mapping[str, float]) -> None:
        """Note what a story comes to in some of its terms, which it may have had or not."""
        holding = self._holding
        for term in terms:
            held = holding.get(term)
            if held is None:
                holding[term] = ([story_id], [sums[term]])
                continue
            ids, weights = held
            at = len(ids) if ids[-1] < story_id else bisect_left(ids, story_id)
            if at < len(ids) and ids[at] == story_id:
                weights[at] = sums[term]
            else:
                ids.insert(at, story_id)
                weights.insert(at, sums[term])

    def discard(self, story_id: StoryId, terms: Iterable[str]) -> None:
        """Note that a story has some terms no more."""
        holding = self._holding
        for term in terms:
            ids, weights = holding[term]
            if len(ids) == 1:
                del holding[term]
            else:
                at = bisect_left(ids, story_id)
                del ids[at], weights[at]

    def drop(self, story_ids: Collection[StoryId]) -> None:
        """Note that there are some stories no more, whose terms are not known: to look through all takes 50 ms for 60,000 stories."""
        gone = frozenset(story_ids)
        for term in [term for term, (ids, _) in self._holding.items() if not gone.isdisjoint(ids)]:
            ids, weights = self._holding.pop(term)
            left = [(story_id, weight) for story_id, weight in zip(ids, weights, strict=True) if story_id not in gone]
            if left:
                self._holding[term] = ([story_id for story_id, _ in left], [weight for _, weight in left])

    def like(
        self, weights: Mapping[str, float], at_least: float, *, but: StoryId | None = None
    ) -> dict[StoryId, float]:
        """Give the stories whose entries have a mean cosine of at least so much with a vector, as far as they are found.

        Args:
            weights: the vector, of length 1 or less.
            at_least: more than 0.
            but: a story that is left out.
        """
        holding, known, postings = self._holding, list[tuple[Holding, float]](), 0
        for term, weight in weights.items():
            held = holding.get(term)
            if held is not None:
                known.append((held, weight))
                postings += len(held[0])
        if postings > FEW:
            return self.means(weights, self._likeliest(weights, at_least * at_least * (1 - _ROUNDING), but), at_least)
        self._effort.postings += postings
        return self._added_up(known, at_least, but)

    def _added_up(
        self, known: Iterable[tuple[Holding, float]], at_least: float, but: StoryId | None
    ) -> dict[StoryId, float]:
        """Do what `like` does where all postings of all terms are few."""
        stories = self._stories
        totals: dict[StoryId, float] = {}
        so_far = totals.get
        for (ids, weights), weight in known:
            for story_id, theirs in zip(ids, weights, strict=True):
                totals[story_id] = so_far(story_id, 0.0) + weight * theirs
        likely = {story_id: total for story_id, total in totals.items() if total >= at_least and story_id != but}
        stories.get_all(likely)
        return {
            story_id: mean
            for story_id, total in likely.items()
            if (mean := total / len(stories[story_id].items)) >= at_least
        }

    def sharing(self, weights: Mapping[str, float], terms: Iterable[str], *, but: StoryId) -> list[StoryId]:
        """Give the stories that have most of some terms in common with one of them.

        Args:
            weights: what that story comes to in its terms.
            terms: some of these.
            but: the story.
        """
        holding = self._holding
        others = {term: weights[term] for term in terms if len(holding[term][0]) > 1}
        return self._likeliest(others, 0.0, but) if others else []

    def means(self, weights: Mapping[str, float], among: Collection[StoryId], at_least: float) -> dict[StoryId, float]:
        """Give those of some stories whose entries have a mean cosine of at least so much with a vector.

        Of those that are not at hand, what they come to is found here, and only those that come to enough are got: of 2,653 of a poll it was 103.
        """
        self._effort.stories += len(among)
        stories = self._stories
        totals = self._come_to(weights, away) if (away := stories.away(among)) else {}
        stories.get_all(story_id for story_id in among if totals.get(story_id, at_least) >= at_least)
        found: dict[StoryId, float] = {}
        for story_id in among:
            total = totals[story_id] if story_id in totals else product(weights, stories[story_id].sums)
            if total >= at_least and (mean := total / len(stories[story_id].items)) >= at_least:
                found[story_id] = mean
        return found

    def _come_to(self, weights: Mapping[str, float], story_ids: Collection[StoryId]) -> dict[StoryId, float]:
        """Give the `product` of a vector with the sums of each of some stories, without these."""
        products: dict[StoryId, list[float]] = {story_id: [] for story_id in sorted(story_ids)}
        for term, weight in weights.items():
            ids, theirs = self._holding.get(term, NOWHERE)
            at, end = 0, len(ids)
            for story_id, found in products.items():
                at = bisect_left(ids, story_id, at)
                if at == end:
                    break
                if ids[at] == story_id:
                    found.append(weight * theirs[at])
        return {story_id: fsum(found) for story_id, found in products.items()}

    def _likeliest(self, weights: Mapping[str, float], left_out: float, but: StoryId | None) -> list[StoryId]:
        """Look terms up, those first that make most of a vector's length for the fewest stories; give the stories that have most of them.

        Of two that have equally many it is the one that was found first, by a more telling term, and of one term the latest. A mean of vectors of
        length 1 is no longer than 1, so by Cauchy-Schwarz terms of weights w come to at most sqrt(sum(w * w)): who shares none
        but those whose squares come to `left_out` need not be found.
        """
        holding = self._holding
        known = [
            (len(held[0]) / (square := weight * weight), term, square)
            for term, weight in weights.items()
            if (held := holding.get(term))
        ]
        known.sort()
        rest = sum(map(itemgetter(2), known))
        looked_up: list[Sequence[StoryId]] = []
        left = LOOKED_AT
        for _, term, square in known:
            if rest < left_out or not left:
                break
            ids = holding[term][0]
            looked_up.append(ids if len(ids) == 1 else ids[: -min(left, OF_A_TERM) - 1 : -1])
            rest -= square
            left -= len(looked_up[-1])
        self._effort.postings += LOOKED_AT - left
        met = Counter(chain.from_iterable(looked_up))
        if but is not None:
            met.pop(but, None)
        # `most_common` gives the same, in twice the time: the sort is stable.
        return sorted(met, key=met.__getitem__, reverse=True)[:COMPARED] if len(met) > COMPARED else list(met)
