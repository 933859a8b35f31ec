"""Say why a feed that a person asked for was not polled, and from when on it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aggregator.model.feed import FeedOverview, Outcome
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause, Heed, PollResult
from aggregator.polling.groups import group_of
from aggregator.polling.upcoming import held

FORCE = "`--force` asks all the same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A feed that was not polled."""

    overview: FeedOverview
    reason: str
    """A sentence; empty where nothing but another worker, or the rest after its last request, stood in the way."""

    def result(self, otherwise: str) -> PollResult:
        """Give it as a result; `otherwise` stands where there is no reason of its own."""
        return PollResult(
            feed_id=self.overview.feed.id,
            feed_title=self.overview.name,
            outcome=Outcome.SKIPPED,
            message=self.reason or otherwise,
        )


def skipped(overview: FeedOverview, pauses: Mapping[RateGroup, GroupPause], *, now: datetime, heed: Heed) -> Skipped:
    """Find the reason."""
    return Skipped(overview=overview, reason=_reason(overview, pauses, now, heed))


def _reason(overview: FeedOverview, pauses: Mapping[RateGroup, GroupPause], now: datetime, heed: Heed) -> str:
    if overview.state.gone and heed is not Heed.NOTHING:
        return f"gone (the server answered 410); {FORCE}"
    wish = held(overview, pauses.get(group_of(overview)), now=now, heed=heed)
    return f"{wish.reason}; {_allowed(wish.until, heed)}" if wish else ""


def _allowed(at: datetime, heed: Heed) -> str:
    """Say from when on; a forced poll that met the wish on its way is not told to force it."""
    at_last = f"next allowed at {at:%Y-%m-%d %H:%M UTC}"
    return at_last if heed is Heed.NOTHING else f"{at_last}; {FORCE}"
