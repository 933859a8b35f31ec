"""What asking one feed brought, how it is written down, and how it is told."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.feed import DueFeed, FeedState, Outcome, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, Gone, NotModified
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.poll import EntryPlan, GroupPause, PollRecord, PollResult
from aggregator.polling.plan import plan
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


NOTHING = Saved(plan=EntryPlan(), new_ids=())


def save(answer: Answer, tx: Transaction) -> Saved:
    """Write one poll. `finish` comes before any other write: it tells whether the lease is still ours."""
    due, document = answer.due, answer.document
    if document is None:
        tx.feeds.finish(due, answer.state, _record(answer, NOTHING.plan), pause=answer.pause)
        return NOTHING
    decided = plan(tx.entries.known(due.feed.id, document.entries), document.entries)
    tx.feeds.finish(due, answer.state, _record(answer, decided), document=document, pause=answer.pause)
    return Saved(plan=decided, new_ids=tuple(tx.entries.save(due.feed.id, decided, now=answer.ended_at)))


def save_entries(tx: Transaction, feed_id: FeedId, document: ParsedFeed, now: datetime) -> Saved:
    """Write the entries of a document that no poll of ours brought."""
    decided = plan(tx.entries.known(feed_id, document.entries), document.entries)
    return Saved(plan=decided, new_ids=tuple(tx.entries.save(feed_id, decided, now=now)))


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
    feed, document, outcome = answer.due.feed, answer.document, answer.state.last_outcome or Outcome.FAILED
    return PollResult(
        feed_id=feed.id,
        feed_title=feed.title or (document.title if document else "") or feed.url,
        outcome=outcome,
        message=answer.state.last_message,
        entries=len(document.entries) if document else 0,
        new=len(saved.new_ids),
        changed=len(saved.plan.changed),
        received=_received(answer.got),
        failure=_failure(answer.outcome) if outcome is Outcome.FAILED else None,
        elapsed=answer.ended_at - answer.started_at,
    )


def lost(due: DueFeed) -> PollResult:
    """Give the result of a poll whose lease another worker took over."""
    return PollResult(
        feed_id=due.feed.id,
        feed_title=due.feed.title or due.feed.url,
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
