"""What goes to a worker and back arrives as it left."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.wire import pack_document, pack_outcome, unpack_document, unpack_outcome
from aggregator.model.entry import Byline, Enclosure, Link, ParsedEntry, SafeHtml
from aggregator.model.feed import Document, FreshnessHints, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.ids import EntryId
from aggregator.model.imprint import Imprints, KnownImprints

texts = st.text(st.characters(codec="utf-8"), max_size=20)
maybe = st.none() | texts
many = st.lists(texts, max_size=3).map(tuple)
times = st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001  zones follow
    lambda at: at.replace(microsecond=0)
)
links = st.builds(Link, url=texts, text=texts)
bylines = st.just(Byline()) | st.builds(
    Byline,
    author=maybe,
    source_id=maybe,
    dated=maybe,
    categories=many,
    related=st.lists(links, max_size=2).map(tuple),
    dateline=maybe,
)
enclosures = st.builds(Enclosure, url=texts, media_type=texts, length=st.none() | st.integers(1, 2**63 - 1))
entries = st.builds(
    ParsedEntry,
    guid=maybe,
    url=maybe,
    headline=texts,
    summary=texts.map(SafeHtml),
    content=texts.map(SafeHtml),
    text=texts,
    teaser=texts,
    author=maybe,
    published_at=times,
    updated_at=times,
    tags=many,
    language=maybe,
    image_url=maybe,
    comments_url=maybe,
    source=st.none() | links,
    enclosures=st.lists(enclosures, max_size=2).map(tuple),
    byline=bylines,
    url_key=maybe,
    headline_key=texts,
    fingerprint=texts,
)
ids = st.integers(1, 2**63 - 1).map(EntryId)
periods = st.none() | st.timedeltas(timedelta(), timedelta(days=365))
hints = st.builds(
    FreshnessHints,
    ttl=periods,
    skip_hours=st.frozensets(st.integers(0, 23)),
    skip_days=st.frozensets(st.integers(0, 6)),
    update_period=periods,
)
feeds = st.builds(
    ParsedFeed,
    format=texts,
    title=texts,
    home_url=maybe,
    hints=hints,
    entries=st.lists(entries, max_size=3).map(tuple),
    dropped=st.integers(0, 10**9),
    hubs=many,
    topic=maybe,
    malformed=texts,
    known=st.lists(st.tuples(st.integers(0, 2000), ids), max_size=3).map(tuple),
    imprints=st.builds(Imprints, context=st.binary(), entries=st.lists(st.binary(), max_size=3).map(tuple)),
)
failures = st.builds(
    Failed,
    kind=st.sampled_from(FailureKind),
    message=texts,
    status=st.none() | st.integers(100, 599),
    headers=st.dictionaries(texts, texts, max_size=2),
    url=texts,
)
documents = st.builds(
    Document,
    body=st.binary(),
    url=texts,
    content_type=texts,
    publisher_names=many,
    language=maybe,
    own_origins=many,
    known=st.builds(
        KnownImprints,
        context=st.binary(),
        entries=st.lists(st.tuples(st.binary(), ids), max_size=3).map(tuple),
    ),
)


@given(documents)
def test_a_document_arrives_as_it_left(document: Document) -> None:
    assert unpack_document(pack_document(document)) == document


@given(feeds | failures)
def test_an_outcome_arrives_as_it_left(outcome: ParsedFeed | Failed) -> None:
    arrived = unpack_outcome(pack_outcome(outcome))
    assert arrived == outcome
    assert type(arrived) is type(outcome)
    if isinstance(outcome, ParsedFeed) and isinstance(arrived, ParsedFeed):
        assert arrived.imprints == outcome.imprints
    if isinstance(arrived, Failed):
        assert isinstance(arrived.kind, FailureKind)
