"""What asking one feed brought, how it is written down, and how it is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.model.feed import DueFeed, Feed, FeedState, Outcome, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, Gone, NotModified
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.imprint import Imprints, KnownImprints
from aggregator.model.poll import EntryPlan, GroupPause, PollRecord, PollResult
from aggregator.polling.plan import plan
from aggregator.polling.schedule import after_fetch
from aggregator.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What asking brought, and what follows from it. Nothing of it is kept yet."""

    due: DueFeed
    got: FetchOutcome
    """What the server answered."""
    outcome: FetchOutcome
    """The same, or what the parser made of it: a document that can't be read is a failure."""
    document: ParsedFeed | None
    """Of a `Fetched` that is not the document stored last."""
    state: FeedState
    """The feed's next one."""
    pause: GroupPause | None
    started_at: datetime
    ended_at: datetime

    @property
    def names_idle_hubs(self) -> bool:
        """Whether the document that is held was found as it was, and names hubs of which none sends."""
        state = self.state
        return bool(state.advertised) and state.pushed_until is None and not (state.failures or state.gone)

    @property
    def ends_lease(self) -> bool:
        """Whether its own rate group is to be asked no more."""
        return self.pause is not None and self.pause.group == self.due.group


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One feed's poll, before its new entries have been compared with others."""

    result: PollResult
    """Without `copies`."""
    new_ids: tuple[EntryId, ...] = ()
    kept: bool = True
    """False: nothing of it could be written, not even that it failed. The lease has to hold publishers off then."""
    lease_lost: bool = False

    @property
    def settled(self) -> bool:
        """Whether it brought nothing that could be a copy, or stop being one."""
        return not (self.result.new or self.result.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What was written of a document."""

    plan: EntryPlan
    new_ids: tuple[EntryId, ...]
    overtaken: bool = False
    """Nothing of it, because a newer document was stored after it had been asked for."""

    @property
    def incomplete(self) -> bool:
        """Whether nothing was written, because the document has to be read whole first."""
        return self.plan.incomplete


NOTHING = Saved(plan=EntryPlan(), new_ids=())
OVERTAKEN = replace(NOTHING, overtaken=True)


def save(answer: Answer, tx: Transaction) -> Saved:
    """Write one poll. `finish` comes before any other write: it tells whether the lease is still ours.

    A document that a hub sent after the feed was claimed is newer than what the poll brought, or as new: the poll
    changes no entry then.
    """
    due, document = answer.due, answer.document
    if document and tx.pushes.counted(due.feed.id) != due.state.pushes:
        late = overtaken(answer)
        tx.feeds.finish(due, late.state, _record(late, NOTHING.plan), pause=late.pause)
        return OVERTAKEN
    if document is None:
        tx.feeds.finish(due, answer.state, _record(answer, NOTHING.plan), pause=answer.pause)
        return NOTHING
    decided = decide(tx, due.feed.id, document)
    if decided.incomplete:
        return Saved(plan=decided, new_ids=())
    tx.feeds.finish(due, answer.state, _record(answer, decided), document=document, pause=answer.pause)
    new_ids = tx.entries.save(due.feed.id, decided, now=answer.ended_at)
    tx.entries.remember(due.feed.id, _stored(document.imprints, decided, new_ids))
    return Saved(plan=decided, new_ids=tuple(new_ids))


def decide(tx: Transaction, feed_id: FeedId, document: ParsedFeed) -> EntryPlan:
    """Decide which entries of a document are new, and which changed."""
    if not document.known:
        return plan(tx.entries.known(feed_id, document.entries), document.entries)
    stored = {entry.id: entry for entry in tx.entries.by_ids(feed_id, [entry_id for _, entry_id in document.known])}
    if len(stored) < len(document.known):
        return EntryPlan(incomplete=True)
    read, unread = iter(document.entries), dict(document.known)
    entries = [stored[unread[place]] if place in unread else next(read) for place in range(document.size)]
    return plan(tx.entries.known(feed_id, entries), entries)


def _stored(imprints: Imprints, decided: EntryPlan, new_ids: Sequence[EntryId]) -> KnownImprints:
    """Tell under which ids the entries of a document are stored, as far as they have imprints and are stored as it says."""
    made = imprints.entries
    ids = sorted([*decided.exact, *zip(decided.places, new_ids, strict=True)]) if made else ()
    return KnownImprints(
        context=imprints.context, entries=tuple([(made[place], entry_id) for place, entry_id in ids if made[place]])
    )


def overtaken(answer: Answer) -> Answer:
    """Give what is kept of a poll whose document was left aside for a newer one that a hub sent.

    The feed goes on from the document before, so that the server is asked for whatever is newer than that one; and at the
    ordinary interval, not at that of pushed feeds: a hub may send less than the whole.
    """
    due, before = answer.due, answer.due.state
    unpushed = replace(before, pushed_until=None)
    soon = after_fetch(due.feed, unpushed, answer.outcome, now=answer.ended_at, document=answer.document)
    state = replace(
        answer.state,
        validators=before.validators,
        body_hash=before.body_hash,
        hints=before.hints,
        advertised=before.advertised,
        malformed_since=before.malformed_since,
        next_poll_at=soon.next_poll_at,
        next_poll_reason=soon.next_poll_reason,
    )
    return replace(answer, document=None, state=state)


def save_pushed(tx: Transaction, feed: Feed, document: ParsedFeed, *, arrived_at: datetime, now: datetime) -> Saved:
    """Write the entries of a document that a hub sent, unless a poll that began after it arrived brought a newer one.

    Nor are they written where feeds.yaml has given the feed another address since: it is another publisher's then.

    Times of polls are kept in whole seconds, rounded down: in doubt the poll began earlier, and the document is kept.
    """
    known, polls = tx.feeds.get(feed.id), tx.feeds.history(feed.id)
    if known is None or known.feed.url != feed.url:
        return OVERTAKEN
    if any(poll.outcome is Outcome.FETCHED and arrived_at < poll.at - poll.elapsed <= now for poll in polls):
        return OVERTAKEN
    tx.pushes.count(feed.id)
    decided = decide(tx, feed.id, document)
    return Saved(plan=decided, new_ids=tuple(tx.entries.save(feed.id, decided, now=now)))


def _record(answer: Answer, decided: EntryPlan) -> PollRecord:
    state = answer.state
    return PollRecord(
        at=answer.ended_at,
        outcome=state.last_outcome or Outcome.FAILED,
        status=_status(answer.got),
        message=state.last_message,
        received=_received(answer.got),
        new=len(decided.new),
        changed=len(decided.changed),
        elapsed=answer.ended_at - answer.started_at,
        next_poll_at=state.next_poll_at,
        next_poll_reason=state.next_poll_reason,
    )


def told(answer: Answer, saved: Saved) -> PollResult:
    """Give the result of a poll."""
    due, document, state = answer.due, answer.document, answer.state
    outcome = state.last_outcome or Outcome.FAILED
    return PollResult(
        feed_id=due.feed.id,
        feed_title=due.feed.title or (document.title if document else "") or due.name,
        outcome=outcome,
        message=state.last_message,
        entries=document.size if document else 0,
        new=len(saved.new_ids),
        changed=len(saved.plan.changed),
        received=_received(answer.got),
        failure=_failure(answer.outcome) if outcome is Outcome.FAILED else None,
        status=_status(answer.got),
        elapsed=answer.ended_at - answer.started_at,
        next_poll_at=None if state.gone else state.next_poll_at,
        next_poll_reason=state.next_poll_reason,
    )


def lost(due: DueFeed) -> PollResult:
    """Give the result of a poll whose lease another worker took over."""
    return PollResult(
        feed_id=due.feed.id,
        feed_title=due.name,
        outcome=Outcome.SKIPPED,
        message="took too long, and another process polled it meanwhile",
    )


def _status(got: FetchOutcome) -> int | None:
    match got:
        case Fetched():
            return 200
        case NotModified():
            return 304
        case Gone():
            return 410
        case Failed():
            return got.status


def _received(got: FetchOutcome) -> int:
    return len(got.body) if isinstance(got, Fetched) else 0


def _failure(outcome: FetchOutcome) -> FailureKind:
    """Give the kind of a failure; a 410 that is not believed yet is one of status."""
    return outcome.kind if isinstance(outcome, Failed) else FailureKind.STATUS
