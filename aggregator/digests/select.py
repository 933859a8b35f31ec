"""Choose what stands in a digest, in which section, and in which order.

    candidates  ->  of the plan's categories and tags
                ->  told before: changed since? else left out     Developing
                ->  not told before, by weight (weigh.py)         Top stories, then From quiet feeds, then a section a category, then In brief

Sections choose in that order and stand in the order of `SectionKind`: quiet feeds choose before the categories, or these would have left
nothing of them. A story stands once, as an item or below one that it is related to. The same candidates in whatever order give the same sections: equal weights are told apart by time,
then by id.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import ceil, inf
from typing import Final

from aggregator.digests.changed import changes, replaced
from aggregator.digests.telling import RELATED, told
from aggregator.digests.weigh import is_quiet, weight
from aggregator.model.digest import DigestCandidate, DigestItem, DigestPlan, DigestSection, SectionKind
from aggregator.model.ids import StoryId
from aggregator.text.columns import is_column, is_round_up
from aggregator.text.story_terms import words

TOP: Final = 7
"""Stories on the front page: what a person keeps in mind (Miller's seven), and what fits a screen with teasers."""
LEAST_TOP: Final = 3
"""Top stories even where fewer have been taken up by a second publisher: on a slow day, or where all feeds are of one kind."""
DEVELOPING: Final = 7
"""As many as are new on top: a morning is for what is new."""
A_CATEGORY: Final = 6
"""Under each category: with ten categories an issue has some eighty items, ten minutes of reading headlines."""
QUIET_FEEDS: Final = 5
"""One of each, unless there are too few: a blog that says three things on a day is not quiet that day."""
BRIEF: Final = 12
"""Headlines alone, for who has read everything."""
OF_A_PUBLISHER: Final = 2
"""Stories of a section that one publisher leads, unless there are too few publishers to fill it so."""
OF_A_CATEGORY: Final = 3
"""Top stories of one category, unless there are too few categories: the day's big subject gets its three, not the whole page."""
TITLES: Final = {
    SectionKind.TOP: "Top stories",
    SectionKind.DEVELOPING: "Developing",
    SectionKind.QUIET: "From quiet feeds",
    SectionKind.BRIEF: "In brief",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranked:
    """A candidate that may be told."""

    candidate: DigestCandidate
    weight: float
    category: str
    changed: str
    formerly: str

    @property
    def publisher(self) -> str:
        return self.candidate.story.lead.publisher


def select(
    candidates: Iterable[DigestCandidate],
    plan: DigestPlan,
    *,
    start: datetime,
    end: datetime,
    categories: Sequence[str] = (),
) -> tuple[DigestSection, ...]:
    """Choose the sections of the digest of [start, end); none is empty.

    Args:
        candidates: stories with something new in the period, in any order, none twice.
        plan: which of them are wanted, and what categories weigh.
        start: when the period begins.
        end: when it ends.
        categories: in the order in which their sections stand; those that are not named follow by name.
    """
    ranked = sorted(_ranked(candidates, plan, start=start, end=end), key=_order)
    changed = [one for one in ranked if one.changed]
    developing = list(filter(_apart(changed), changed))[:DEVELOPING]
    pool = _Pool([one for one in ranked if one.candidate.told is None], beside=developing)
    top = _top(pool)
    quiet = pool.take(QUIET_FEEDS, of_a_publisher=1, among=lambda one: is_quiet(one.candidate))
    by_category = [(name, pool.of_category(name)) for name in _in_order(pool.categories, categories)]
    brief = pool.take(BRIEF, of_a_publisher=OF_A_PUBLISHER)
    every = (*top, *developing, *(one for _, chosen in by_category for one in chosen), *quiet, *brief)
    section = partial(_section, standing={one.candidate.story.id for one in every})
    found = (
        section(SectionKind.TOP, top),
        section(SectionKind.DEVELOPING, developing),
        *(section(SectionKind.CATEGORY, chosen, name) for name, chosen in by_category),
        section(SectionKind.QUIET, quiet),
        section(SectionKind.BRIEF, brief),
    )
    return tuple(section for section in found if section.items)


def _top(pool: "_Pool") -> list[_Ranked]:
    """Take what several publishers have; where that is next to nothing, the best of the rest."""
    news = [one for one in pool.left if not _is_instalment(one)]
    shared = [one for one in news if one.candidate.story.coverage > 1]
    among = shared if len(shared) >= LEAST_TOP else news
    limit = TOP if among is shared else LEAST_TOP
    return pool.take(limit, of_a_publisher=OF_A_PUBLISHER, of_a_category=OF_A_CATEGORY, among=_apart(among))


def _is_instalment(one: _Ranked) -> bool:
    """Tell what comes every day, whatever happened ("Morning briefing", "Letters"): it stands in its category, not on top.

    A live blog of what several report is news ("Storm Ciara: latest updates"), that of one publisher alone a round-up like others.
    """
    headline = one.candidate.story.lead.headline
    return is_column(words(headline)) or (one.candidate.story.coverage == 1 and is_round_up(headline))


def _apart(ranked: Sequence[_Ranked]) -> Callable[[_Ranked], bool]:
    """Choose those that are related to none that weighs more: a subject stands on top once, and names the others as related."""
    named: set[StoryId] = set()
    chosen: set[StoryId] = set()
    for one in ranked:
        story, related = one.candidate.story.id, {line.id for line in one.candidate.related}
        if story not in named and chosen.isdisjoint(related):
            chosen.add(story)
            named |= related
    return lambda one: one.candidate.story.id in chosen


def most(limit: int, a_kind: int, kinds: int) -> int:
    """Give how many of a kind may stand among `limit`: `a_kind`, or what it takes to fill them where there are few kinds."""
    return max(a_kind, ceil(limit / max(kinds, 1)))


class _Pool:
    """Stories that have no place yet, best first.

    What one publisher alone has, and an item names as related, has its place there: in ten days of real feeds the same headline stood
    below one story and, lines later, as an item of its own. What several have is worth an item, and is not named as related then.
    """

    def __init__(self, ranked: Sequence[_Ranked], *, beside: Iterable[_Ranked]) -> None:
        self.left = list(ranked)
        self._named: set[StoryId] = set()
        for one in beside:
            self._name(one)

    def _name(self, one: _Ranked) -> None:
        self._named |= {line.id for line in one.candidate.related[:RELATED]}

    def _has_its_place(self, one: _Ranked) -> bool:
        return one.candidate.story.coverage == 1 and one.candidate.story.id in self._named

    @property
    def categories(self) -> set[str]:
        return {one.category for one in self.left}

    def take(
        self,
        limit: int,
        *,
        of_a_publisher: int,
        of_a_category: int | None = None,
        among: Callable[[_Ranked], bool] = lambda _: True,
    ) -> list[_Ranked]:
        """Take the best out, so many at most, and of each publisher and category."""
        wanted = [one for one in self.left if among(one)]
        publishers, categories = Counter[str](), Counter[str]()
        a_publisher = most(limit, of_a_publisher, len({one.publisher for one in wanted}))
        a_category = most(limit, of_a_category, len({one.category for one in wanted})) if of_a_category else inf
        taken: list[_Ranked] = []
        for one in wanted:
            if len(taken) == limit:
                break
            if self._has_its_place(one):
                continue
            if publishers[one.publisher] < a_publisher and categories[one.category] < a_category:
                self._name(one)
                publishers[one.publisher] += 1
                categories[one.category] += 1
                taken.append(one)
        places = {one.candidate.story.id for one in taken}
        self.left = [one for one in self.left if one.candidate.story.id not in places]
        return taken

    def of_category(self, category: str) -> list[_Ranked]:
        return self.take(A_CATEGORY, of_a_publisher=OF_A_PUBLISHER, among=lambda one: one.category == category)


def _ranked(
    candidates: Iterable[DigestCandidate], plan: DigestPlan, *, start: datetime, end: datetime
) -> Iterable[_Ranked]:
    for candidate in candidates:
        lead = candidate.story.lead
        if not is_wanted(candidate, plan) or not (lead.headline or lead.teaser):
            continue
        changed = changes(candidate, candidate.told, start=start) if candidate.told else ""
        if candidate.told and not changed:
            continue
        category = _category(candidate, plan)
        value = weight(candidate, start=start, end=end, weights=plan.weights, category=category)
        formerly = replaced(candidate, candidate.told, start=start) if candidate.told else ""
        yield _Ranked(candidate=candidate, weight=value, category=category, changed=changed, formerly=formerly)


def is_wanted(candidate: DigestCandidate, plan: DigestPlan) -> bool:
    """Tell whether a story has an entry of the categories, and one of the tags, that a plan wants."""
    return not (plan.categories and candidate.categories.isdisjoint(plan.categories)) and not (
        plan.tags and candidate.tags.isdisjoint(plan.tags)
    )


def _category(candidate: DigestCandidate, plan: DigestPlan) -> str:
    """Give the category of the lead; where the plan does not want that, the first that it does."""
    lead = candidate.story.lead.category
    if not plan.categories or lead in plan.categories:
        return lead
    return next(name for name in plan.categories if name in candidate.categories)


def _order(one: _Ranked) -> tuple[float, float, int]:
    return (-one.weight, -one.candidate.story.last_at.timestamp(), one.candidate.story.id)


def _in_order(found: set[str], categories: Sequence[str]) -> list[str]:
    place = {name: number for number, name in enumerate(categories)}
    return sorted(found, key=lambda name: (place.get(name, len(place)), name))


def _section(kind: SectionKind, chosen: Iterable[_Ranked], title: str = "", *, standing: set[StoryId]) -> DigestSection:
    """Tell stories; what they name as related is added to what stands in the digest already, and not named again below."""
    items: list[DigestItem] = []
    for one in chosen:
        item = told(
            one.candidate,
            one.category,
            changed=one.changed,
            formerly=one.formerly,
            brief=kind is SectionKind.BRIEF,
            standing=standing,
        )
        standing |= {link.story for link in item.related}
        items.append(item)
    return DigestSection(kind=kind, title=title or TITLES[kind], items=tuple(items))
