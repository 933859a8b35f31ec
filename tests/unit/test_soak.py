"""The soak finds what it is there to find: each rule is broken by what it forbids, and by nothing else."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from defusedxml import ElementTree

from benchmarks.farm import path
from benchmarks.faults import LASTING
from benchmarks.soak import Plan, unexpected
from benchmarks.soak_farm import Field, Kind, Paper, plots
from benchmarks.soak_picture import nice, picture
from benchmarks.soak_rules import Asked, Course, Fed, Held, Life, Sample, longest_gap, rules, slope, table

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLAN = Plan(minutes=20, feeds=2000, faults=5, seed=1, every=180, hurry=False, begun=NOON)


def sample(at: float, *, life: int = 1, memory: float = 200e6, files: int = 60, wal: int = 0) -> Sample:
    return Sample(
        at=at,
        life=life,
        memory=int(memory),
        own=int(memory / 2),
        files=files,
        threads=9,
        processes=4,
        wal=wal,
        database=10**8,
        entries=1000,
    )


def fed(**changes: object) -> Fed:
    names = frozenset({"a", "b"})
    good = Fed(
        number=1,
        kind="good",
        asked=[5.0 + 65 * turn for turn in range(9)],
        owed=names,
        given=names,
        newest={"b": "Bread"},
        stored=Counter(names),
        titles={"a": "Apples", "b": "Bread"},
    )
    return replace(good, **changes)  # type: ignore[arg-type]


def course(**changes: object) -> Course:
    steady = Course(
        interval=60,
        samples=[sample(at, memory=200e6 + at % 7 * 1e6) for at in range(0, 600, 3)],
        asked=[
            Asked(at=at, life=1, path=["/", "/healthz"][at % 2], status=200, seconds=0.1) for at in range(10, 590, 9)
        ],
        lives=[Life(number=1, began=0, ready=2, ending=595, ended=597, code=0)],
        feeds=[fed()],
        log=[],
        checked="",
        digests_missing=[],
        ended=590,
    )
    return replace(steady, **changes)  # type: ignore[arg-type]


def broken(seen: Course) -> list[str]:
    return [held.name for held in rules(seen) if not held.kept]


def test_a_steady_course_breaks_no_rule() -> None:
    assert broken(course()) == []
    assert "BROKEN" not in table(rules(course()))


def test_memory_that_grows_on_after_warming_up_is_found_and_a_moment_of_much_is_not() -> None:
    leaking = [sample(at, memory=200e6 + at * 300e3) for at in range(0, 600, 3)]
    assert len(broken(course(samples=leaking))) == 2
    warming = [sample(at, memory=200e6 + min(at, 250) * 1e6) for at in range(0, 600, 3)]
    assert broken(course(samples=warming)) == []
    bomb = [sample(at, memory=900e6 if 480 < at < 530 else 200e6) for at in range(0, 600, 3)]
    assert broken(course(samples=bomb)) == []
    short = [sample(at, memory=200e6 + at * 1e6) for at in range(0, 400, 3)]
    assert broken(course(samples=short)) == []


def test_open_files_and_the_journal_are_bounded() -> None:
    files = [sample(at, files=60 + at // 3) for at in range(0, 600, 3)]
    assert broken(course(samples=files)) == ["life 1: open files, third and last quarter"]
    assert broken(course(samples=[sample(1, files=400)])) == ["open files of a process, at most"]
    assert broken(course(samples=[sample(1, wal=200 * 2**20)])) == ["journal (WAL), at most"]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"stored": Counter(["b"])}, "entries lost, of 2 owed"),
        ({"stored": Counter(["a", "b", "b"])}, "entries doubled, of 3 stored"),
        ({"stored": Counter(["a", "b", "x"])}, "entries that no feed ever held"),
        ({"titles": {"b": "Breath"}}, "entries of last editions held (1) that say something else"),
        ({"newest": {}}, "good feeds of which the last edition is not held"),
        ({"asked": [400.0, 460, 520, 580]}, "good feeds asked for the first time, the last of them after"),
        ({"asked": [5.0, 70, 300, 400, 500]}, "longest time in which a good feed was not asked, while up"),
        ({"asked": [5.0, 70, 135, 200]}, "longest time in which a good feed was not asked, while up"),
    ],
)
def test_what_becomes_of_news_is_found(changes: dict[str, object], name: str) -> None:
    assert broken(course(feeds=[fed(**changes)])) == [name]


def test_what_a_broken_feed_loses_of_its_own_accord_is_not_held_against_anybody() -> None:
    silent = fed(kind="broken", asked=[5.0], newest={}, owed=frozenset(), stored=Counter())
    assert broken(course(feeds=[silent])) == []


def test_nobody_polls_while_the_server_is_down_nor_for_two_minutes_what_a_killed_one_was_polling() -> None:
    lives = [Life(number=1, began=0, ready=2, ending=100, ended=101), Life(number=2, began=110, ready=130)]
    seen = course(lives=lives, ended=360)
    assert longest_gap([95.0, 340], seen) == pytest.approx(215)
    lives[0].killed = True
    assert longest_gap([95.0, 340], seen) == pytest.approx(95)


def test_an_answer_counts_only_while_its_life_is_up() -> None:
    def asked(at: float, status: int, seconds: float = 0.1) -> Asked:
        return Asked(at=at, life=1, path="/", status=status, seconds=seconds)

    good = Asked(at=10, life=1, path="/healthz", status=200, seconds=0.1)
    starting, ending = asked(1, 0), asked(594.95, 0)
    assert broken(course(asked=[good, asked(50, 200), starting, ending])) == []
    assert broken(course(asked=[good, asked(50, 503)])) == ["requests while up, and those not answered 200"]
    assert broken(course(asked=[good, asked(50, 200, 11)])) == ["pages and feeds: median, 99th percentile, slowest"]


@pytest.mark.parametrize(
    ("life", "name"),
    [
        ({"code": 1}, "from SIGTERM to the end, at most"),
        ({"ended": 630}, "from SIGTERM to the end, at most"),
        ({"left": 2}, "processes left behind after an end"),
        ({"began": -40}, "from a start to the first answer, at most"),
    ],
)
def test_how_a_life_begins_and_ends_is_looked_at(life: dict[str, float], name: str) -> None:
    usual = {"number": 1, "began": 0, "ready": 2, "ending": 595, "ended": 597, "code": 0}
    assert broken(course(lives=[Life(**(usual | life))])) == [name]  # type: ignore[arg-type]


def test_findings_of_the_database_the_log_and_digests_are_told() -> None:
    assert broken(course(checked="damaged")) == ["`db check`"]
    assert broken(course(log=["x"])) == ["lines in the log that should not be there"]
    assert broken(course(digests_missing=["soak-1"])) == ["digests that were not sealed in time"]
    told = table([Held(name="a", seen="1", bound="none", kept=False, told=["because"])])
    assert told.splitlines() == ["BROKEN  a: 1 (bound: none)", "          because"]


def test_a_line_of_the_log_is_expected_where_a_faulty_feed_fails_and_nowhere_else(tmp_path: Path) -> None:
    log = tmp_path / "serve-1.log"
    stamp = "2026-03-01 12:00:00,000"
    failed = f"{stamp} WARNING aggregator.services.poll_feed poll feed=f%d outcome='failed' x"
    log.write_text(
        "\n".join(
            [f"{stamp} INFO aggregator.serving serving", failed % 3, failed % 4, f"{stamp} ERROR a b", "Traceback (x"]
        )
    )
    assert [line.partition(": ")[2] for line in unexpected(log, good={4})] == [
        failed % 4,
        f"{stamp} ERROR a b",
        "Traceback (x",
    ]


def test_a_slope_is_that_of_most_points() -> None:
    assert slope([(at, 3.0 * at) for at in range(50)] + [(60, 9000.0)]) == pytest.approx(3.0)
    assert slope([(1.0, 5.0)]) == 0.0


def test_lives_end_by_kills_and_orders_in_the_first_three_fifths() -> None:
    for seed in range(20):
        ends = replace(PLAN, seed=seed).ends
        assert {True, False} <= {kill for _, kill in ends}
        assert all(0.15 * PLAN.seconds <= at <= 0.6 * PLAN.seconds for at, _ in ends)
        assert ends == sorted(ends)


def test_one_feed_in_twenty_is_broken_and_as_many_are_flaky_in_every_way_there_is() -> None:
    kinds = Counter(plot.kind for plot in plots(2000, faults=5))
    assert kinds[Kind.BROKEN] == 100
    assert kinds[Kind.FLAKY] == 99
    faults = {plot.fault for plot in plots(2000, faults=5) if plot.kind is Kind.BROKEN}
    assert faults == {*LASTING, "refused"}


def test_an_edition_has_two_new_articles_one_corrected_and_one_that_is_back() -> None:
    paper = Paper(4, seed=1, first_day=NOON)
    editions = [{article.guid: article for article in paper.edition(number)} for number in range(9)]
    first, fourth = editions[0], editions[4]
    assert len(first) == paper.size
    assert len(set(fourth) - set(editions[3])) in {2, 3}
    assert all(article.published_at <= NOON.replace(hour=13) for article in first.values())
    seen = set(first) | set(editions[1]) | set(editions[2])
    back = [guid for guid in fourth if guid not in editions[3] and guid in seen]
    assert len(back) == 1
    corrected = [guid for guid, article in fourth.items() if article.title.endswith("(corrected)")]
    assert 1 <= len(corrected) <= 5
    assert all(editions[5][guid].title == fourth[guid].title for guid in corrected if guid in editions[5])


def test_an_article_is_owed_once_the_reader_says_that_it_holds_it() -> None:
    field = Field(plots(8, faults=0), seed=1, first_day=NOON, port=80)
    request = b"GET " + path(1).encode() + b" HTTP/1.1\r\nhost: x\r\n"
    etag = field.page(1).etag
    assert field.answer(request).startswith(b"HTTP/1.1 200")
    assert field.records[1].owed == set()
    assert field.answer(request + b"if-none-match: " + etag + b"\r\n").startswith(b"HTTP/1.1 304")
    assert field.records[1].owed == set(field.records[1].newest) == field.records[1].given


def test_the_picture_shows_each_figure_and_marks_each_end() -> None:
    lives = [
        Life(number=1, began=0, ready=1, ending=100, ended=101, killed=True),
        Life(number=2, began=102, ready=103, ending=200, ended=201),
        Life(number=3, began=202, ready=203, ending=300, ended=301),
    ]
    samples = [sample(at, life=1 + at // 101) for at in range(0, 300, 3)]
    drawn = ElementTree.fromstring(picture(samples, lives, title="A & B"))
    space = "{http://www.w3.org/2000/svg}"
    assert drawn.findtext(f"{space}title") == "A & B"
    assert len(drawn.findall(f"{space}polyline")) == 3 * 5
    assert colors(drawn.findall(f"{space}path")) == {"#c0392b": 5, "#7f8c8d": 5, "#ddd": 12}


def colors(paths: Sequence[object]) -> Counter[str]:
    return Counter(each.get("stroke") for each in paths)  # type: ignore[attr-defined]


def test_an_axis_ends_with_a_round_number() -> None:
    assert [nice(most) for most in (0.3, 3, 17, 61, 250)] == [pytest.approx(each) for each in (0.3, 3, 20, 80, 300)]
