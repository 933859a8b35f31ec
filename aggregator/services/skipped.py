"""Say why a feed that a person asked for was not polled, and from when on it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aggregator.model.feed import FeedOverview, Outcome
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause, Heed, PollResult
from aggregator.polling.groups import group_of
from aggregator.polling.upcoming import held, next_time

FORCE = "`--force` asks all the same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A feed that was not polled."""

    overview: FeedOverview
    reason: str = ""
    """A sentence without times, which are for who prints it to spell; empty where nothing but another worker, or the rest
    after its last request, stood in the way."""
    until: datetime | None = None
    """When the reason ends; None where there is none, or it has no end."""
    pause: GroupPause | None = None
    """Of the group that the feed is polled in."""

    def result(self, otherwise: str) -> PollResult:
        """Give it as a result; `otherwise` stands where there is no reason of its own."""
        following = next_time(self.overview, self.pause)
        return PollResult(
            feed_id=self.overview.feed.id,
            feed_title=self.overview.name,
            outcome=Outcome.SKIPPED,
            message=self.reason or otherwise,
            next_poll_at=None if self.overview.state.gone else following.at,
            next_poll_reason=following.reason,
            skipped_until=self.until,
        )


def skipped(overview: FeedOverview, pauses: Mapping[RateGroup, GroupPause], *, now: datetime, heed: Heed) -> Skipped:
    """Find the reason. `Heed.NOTHING`: the feed was left out because its server forbade it during the forced poll."""
    pause = pauses.get(group_of(overview))
    if overview.state.gone and heed is not Heed.NOTHING:
        return Skipped(overview=overview, reason=f"gone (the server answered 410); {FORCE}", pause=pause)
    wish = held(overview, pause, now=now, heed=heed)
    if wish is None:
        return Skipped(overview=overview, pause=pause)
    # Who forced a poll and met a ban on its way is not told to force it.
    hint = "" if heed is Heed.NOTHING else f"; {FORCE}"
    return Skipped(overview=overview, reason=f"{wish.reason}{hint}", until=wish.until, pause=pause)
