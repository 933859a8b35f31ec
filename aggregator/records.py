"""What a transaction of the store offers, one protocol a topic (`ports.Transaction` holds them together).

- They are only reachable inside `Store.read` or `Store.write`, on the thread of that transaction; nothing is
  kept of them after it.
- Times go in and come out aware, in UTC, in whole seconds.
- What is asked for by an id that does not exist comes back as None or is missing from the answer; it is no error.
- A method called in `read` that writes raises `sqlite3.OperationalError`: a programming mistake.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from aggregator.model.copies import CopyAssignment, CopyCandidate, CopyText
from aggregator.model.entry import Entry, EntrySummary, KnownEntry, ParsedEntry, Revision
from aggregator.model.feed import (
    DueFeed,
    Feed,
    FeedFigures,
    FeedGlance,
    FeedOutline,
    FeedOverview,
    FeedState,
    GroupLease,
    ParsedFeed,
)
from aggregator.model.glance import FeedMark
from aggregator.model.ids import CopySetId, EntryId, FeedId, RateGroup
from aggregator.model.imprint import KnownImprints
from aggregator.model.poll import EntryPlan, GroupPause, Heed, PollRecord, Totals
from aggregator.model.query import Cursor, EntryQuery, Page
from aggregator.polling.feed_plan import StoredFeed
from aggregator.polling.retention import Stored


class FeedRecords(Protocol):
    """Feeds, their state, and who may poll them."""

    def synchronise(self, feeds: Sequence[Feed], *, now: datetime) -> None:
        """Make the configured feeds the ones that are polled and shown.

        Feeds that are no longer named keep entries and state, but are neither polled nor listed; one that is named again
        continues where it was. A feed whose `url` changed forgets what its old address said, becomes due, and its
        subscriptions at hubs are ended. Times that lie further ahead than they can are mended: see `claim_due`.
        """
        ...

    def stored(self) -> list[StoredFeed]:
        """List every feed there ever was, with whether it is polled and shown now, in order of id."""
        ...

    def latest_at(self) -> datetime:
        """Give the latest time at which anything was asked for, to about a minute; 1970 before the first."""
        ...

    def rename(self, old: FeedId, new: FeedId) -> int:
        """Give a feed another id, and with it its entries, state, polls and subscriptions; give how many entries that were.

        Nothing happens where there is no such feed, or where entries are kept under the new id already: give 0 then.
        """
        ...

    def claim_due(self, *, now: datetime, groups: int, per_group: int, lease: timedelta) -> list[GroupLease]:
        """Lease at most `groups` rate groups that have feeds due, each with at most `per_group` of those feeds.

        The group that has waited longest comes first, and of its feeds the one that is longest overdue; never-polled
        feeds come before all others, in the order of feeds.yaml. However many feeds of one group are overdue, others wait
        no longer for it. No group that is leased, resting or paused is given; no feed that is gone or blocked. A feed
        that fell due in an hour or on a day that its document asks to skip gets a later time.

        Where the clock has been set back since the database was asked last, what the wrong time has put far ahead is
        mended: a feed that was polled in what is the future now counts as polled now, and no lease goes on for longer
        than `lease` (ten minutes after `synchronise`), no pause and no block for longer than a day.
        """
        ...

    def claim(
        self, ids: Collection[FeedId], *, now: datetime, groups: int, lease: timedelta, heed: Heed
    ) -> list[GroupLease]:
        """Lease at most `groups` rate groups with all of these feeds that are theirs, due or not, in the order of feeds.yaml.

        Groups that are leased, or rest after a lease, are never given, paused ones only with `Heed.NOTHING`; feeds only
        as `heed` allows. Groups none of whose named feeds may be polled are not leased.
        """
        ...

    def groups(self, ids: Collection[FeedId]) -> Mapping[RateGroup, Sequence[FeedId]]:
        """Sort the configured ones of these feeds by the rate group they are polled in, in the order of feeds.yaml."""
        ...

    def extend(self, leases: Sequence[GroupLease], *, now: datetime, lease: timedelta) -> None:
        """Let these leases end `lease` from now, where they are still ours."""
        ...

    def finish(
        self,
        due: DueFeed,
        state: FeedState,
        record: PollRecord,
        *,
        document: ParsedFeed | None = None,
        pause: GroupPause | None = None,
    ) -> None:
        """Save what the poll left behind; the lease goes on, for the other feeds of the group.

        `document` renews title and home page. `pause` may be of another group than the feed's: that of the server
        that answered.

        Raises:
            LeaseLost: the token of `due` is not the newest any more, the lease was given back, or feeds.yaml moved
                the feed to another address; nothing was written.
        """
        ...

    def release(self, leases: Sequence[GroupLease], *, now: datetime, gap: timedelta) -> None:
        """Give leases back; no worker gets the group before `now + gap`. Those that are lost already are left alone."""
        ...

    def history(self, feed_id: FeedId) -> tuple[PollRecord, ...]:
        """List the last polls of a feed, newest first; at least twenty are kept."""
        ...

    def pause(self, pause: GroupPause) -> None:
        """Let nobody have a rate group until a time, or the later one that is known already: not only polls are refused."""
        ...

    def pauses(self, *, now: datetime) -> tuple[GroupPause, ...]:
        """List the rate groups that are paused beyond `now`, longest first."""
        ...

    def get(self, feed_id: FeedId) -> FeedOverview | None:
        """Find a configured feed."""
        ...

    def outlines(self, feed_ids: Collection[FeedId]) -> Mapping[FeedId, FeedOutline]:
        """Tell of those of these feeds that are configured what a subscription list does."""
        ...

    def several(self, feed_ids: Collection[FeedId]) -> Mapping[FeedId, FeedOverview]:
        """Give those of these feeds that are configured."""
        ...

    def overview(self) -> list[FeedOverview]:
        """List the configured feeds in the order of feeds.yaml."""
        ...

    def glances(self, *, now: datetime) -> list[FeedGlance]:
        """List them as far as choosing among thousands looks at them: a tenth of the work."""
        ...

    def marks(self, *, now: datetime) -> list[FeedMark]:
        """List them as far as they are counted: a third of the work of that."""
        ...

    def conditions(self, *, now: datetime) -> dict[str, int]:
        """Count the configured feeds of each `FeedGlance.kind` that there is."""
        ...

    def suspects(self, *, silent: timedelta) -> list[FeedOverview]:
        """List, of the same, those that are gone, moved, failing or malformed, or have been silent so long."""
        ...

    def figures(self, *, now: datetime) -> FeedFigures:
        """Count the feeds whose poll is due, and those that hubs send to us."""
        ...


class EntryRecords(Protocol):
    """Entries and their revisions."""

    def known(self, feed_id: FeedId, parsed: Sequence[ParsedEntry | KnownEntry]) -> list[KnownEntry]:
        """Find what is stored of this feed under any guid or address of `parsed`, oldest id first.

        What is stored with neither is also found under the headline, be it empty, of those that have neither: it is
        all they are known by. Of the others it is not looked up: a column's headline ("Weather") would bring every
        entry it ever had.
        """
        ...

    def by_ids(self, feed_id: FeedId, ids: Collection[EntryId]) -> list[KnownEntry]:
        """Find those of these entries that are stored of this feed, oldest id first."""
        ...

    def remembered(self, feed_id: FeedId) -> KnownImprints:
        """Give what `remember` was told last, if no entry of the feed was changed since."""
        ...

    def remember(self, feed_id: FeedId, imprints: KnownImprints) -> None:
        """Keep the imprints of the document that was just stored, instead of those of the one before."""
        ...

    def save(self, feed_id: FeedId, plan: EntryPlan, *, now: datetime) -> list[EntryId]:
        """Store new entries, and changed ones after keeping what they said before as a `Revision`.

        Imprints that are remembered are forgotten where an entry changed: what they stand for is not stored any more.

        A changed entry becomes ungrouped again when anything of its `CopyCandidate`
        changed; so do, of those that it shared its old address or headline key with, enough for `connected` to reach
        all of them: without it they may be decided differently.

        New entries are found by `search` only after `SearchRecords.catch_up`.

        Returns:
            Ids of the new entries, in the order of `plan.new`.
        """
        ...

    def judge(self, *, limit: int) -> int:
        """Apply the rules of a feed whose rules feeds.yaml has changed to at most `limit` of its stored entries; give how many.

        It is 0 when all entries of all feeds stand as their rules say.
        """
        ...

    def get(self, entry_id: EntryId) -> Entry | None:
        """Find one entry, also of a feed that is no longer configured."""
        ...

    def several(self, entry_ids: Collection[EntryId]) -> Mapping[EntryId, Entry]:
        """Give those of these entries that `get` would, in one query."""
        ...

    def page(self, query: EntryQuery) -> Page[Entry]:
        """List entries of configured feeds, newest first."""
        ...

    def lines(self, query: EntryQuery) -> Sequence[EntrySummary]:
        """List the same in brief."""
        ...

    def archive(self, query: EntryQuery) -> Page[Entry]:
        """List the entries of a query up to the first that closes an archive (`model.query.closes_archive`), or to `limit`."""
        ...

    def newer_archive(self, query: EntryQuery) -> Cursor | None:
        """Find where the archive begins that ends where the query's cursor is; None where that closes none, or no newer entry does."""
        ...

    def stored(self, feed_id: FeedId) -> list[Stored]:
        """List all entries of a feed, with what deciding whether they are still kept takes."""
        ...

    def remove(self, feed_id: FeedId, entry_ids: Collection[EntryId]) -> int:
        """Take entries of a feed out for good, with all that hangs on them; give how many there were.

        What they were copies or leads of waits to be placed again. A story that is left without entries goes with them.
        """
        ...

    def revisions(self, *entry_ids: EntryId) -> list[Revision]:
        """List what these entries said before, newest first."""
        ...

    def categories(self) -> list[str]:
        """List the categories of configured feeds, in the order of feeds.yaml."""
        ...

    def totals(self) -> Totals:
        """Count configured feeds, and entries and copies of all feeds."""
        ...


class CopyRecords(Protocol):
    """Which entries are copies of which."""

    def ungrouped(self, *, limit: int) -> list[EntryId]:
        """List entries that no `assign` has placed since they came or changed, earliest `listed_at` first, then by id."""
        ...

    def texts(self, entry_ids: Collection[EntryId]) -> list[CopyText]:
        """Give what these entries say, earliest `listed_at` first, then by id."""
        ...

    def texts_since(self, at: datetime) -> list[CopyText]:
        """Give what the grouped entries say that were listed at or after a time, earliest first, then by id."""
        ...

    def tie(self, pairs: Collection[tuple[EntryId, EntryId]], *, anew: Collection[EntryId]) -> None:
        """Keep which entries say nearly the same; what was kept of the entries of `anew` is forgotten before."""
        ...

    def connected(self, entry_ids: Collection[EntryId], *, reach: timedelta) -> list[CopyCandidate]:
        """Collect these entries and everything that could decide about them.

        That is the closure over: same `url_key`; same `headline_key`, if it is one that can tie
        (`text.headline.is_telling`), with `listed_at` at most `reach` apart; tied (`tie`); same copy set.
        """
        ...

    def assign(self, assignments: Sequence[CopyAssignment]) -> None:
        """Place entries, in one go."""
        ...

    def members(self, copy_sets: Collection[CopySetId]) -> Mapping[CopySetId, tuple[EntrySummary, ...]]:
        """Give all entries of these sets, leads included, earliest `listed_at` first."""
        ...

    def count_copies(self, entry_ids: Collection[EntryId]) -> int:
        """Count those of these entries that share their set with an entry that arrived before them."""
        ...
