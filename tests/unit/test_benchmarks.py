"""The benchmark measures what it says: its farm answers as a publisher would, its meter misses no process."""

import asyncio
import gzip
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from aggregator.feeds.parse import parse_document
from aggregator.model.feed import Document, ParsedFeed
from benchmarks import figures
from benchmarks.farm import HOSTS, Conversation, Farm, address, listen, path, serve
from benchmarks.figures import Phase, Sample
from benchmarks.formats import FORMATS
from benchmarks.meter import Cost, measured
from benchmarks.news import LONGEST, SHORTEST, Newspaper
from benchmarks.poll import running_farm
from benchmarks.programs import OURS, OURS_UNGROUPED, PLAIN, READER, Aggregator, PlainLoop

COST = Cost(exit_code=0, user=1.5, system=0.5, wall=1.0, peak_memory=90_000_000, processes=3, escaped=False)


@pytest.fixture
async def farm() -> AsyncIterator[Farm]:
    sockets = listen()
    farm = Farm(80, list(FORMATS), port=sockets[0].getsockname()[1])
    farm.plant()
    ended = asyncio.Event()
    serving = asyncio.create_task(serve(lambda: Conversation(farm.answer), sockets, until=ended))
    yield farm
    ended.set()
    await serving


@pytest.mark.anyio
async def test_the_farm_answers_304_to_either_validator_and_a_document_to_none(farm: Farm) -> None:
    async with httpx.AsyncClient() as client:
        url = farm.addresses()[3]
        first = await client.get(url)
        assert first.status_code == 200
        for sent, known in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
            again = await client.get(url, headers={sent: first.headers[known]})
            assert (again.status_code, again.content) == (304, b"")
        other = await client.get(url, headers={"If-None-Match": '"another"', "If-Modified-Since": "never"})
        assert other.status_code == 200
        assert "cache-control" not in first.headers
        assert (await client.get(f"{url}/nowhere")).status_code == 404
    assert farm.counts == {"200": 2, "304": 2, "404": 1}


@pytest.mark.anyio
async def test_the_farm_packs_documents_for_those_who_accept_it_alone(farm: Farm) -> None:
    async with httpx.AsyncClient() as client:
        packed = await client.send(client.build_request("GET", farm.addresses()[0]), stream=True)
        raw = b"".join([piece async for piece in packed.aiter_raw()])
        plain = await client.get(farm.addresses()[0], headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 3


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_change_gives_two_new_entries_to_a_tenth_of_the_feeds_of_every_format(farm: Farm) -> None:
    async with httpx.AsyncClient() as client:

        async def bodies() -> list[bytes]:
            return [(await client.get(url)).content for url in farm.addresses()]

        before = await bodies()
        farm.change()
        after = await bodies()
        farm.reset()
        assert await bodies() == before
    changed = [number for number in range(80) if before[number] != after[number]]
    assert len(changed) == 8
    assert {number % len(FORMATS) for number in changed} == {0, 1, 2, 3}
    for number in changed:
        old, new = guids(before[number]), guids(after[number])
        assert new[2:] == old[:-2]
        assert not set(new[:2]) & set(old)


def guids(body: bytes) -> list[str | None]:
    outcome = parse_document(Document(body=body, url="http://127.0.0.2/"))
    assert isinstance(outcome, ParsedFeed)
    return [entry.guid for entry in outcome.entries]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read_whole_and_well_formed(name: str) -> None:
    write, media_type = FORMATS[name]
    paper = Newspaper(7, seed=1)
    articles = paper.articles(0)
    outcome = parse_document(
        Document(body=write(paper, articles, "http://127.0.0.2/feed"), url="http://127.0.0.2/", content_type=media_type)
    )
    assert isinstance(outcome, ParsedFeed)
    assert outcome.malformed == ""
    assert [entry.headline for entry in outcome.entries] == [article.title for article in articles]
    assert [entry.published_at for entry in outcome.entries] == [article.published_at for article in articles]
    assert [entry.url for entry in outcome.entries] == [article.address for article in articles]
    assert all(len(entry.text) > SHORTEST / 2 for entry in outcome.entries)


def test_news_are_the_same_for_a_seed_and_as_long_as_promised() -> None:
    for number in range(5):
        articles = Newspaper(number, seed=3).articles(0)
        assert articles == Newspaper(number, seed=3).articles(0)
        assert articles != Newspaper(number, seed=4).articles(0)
        assert 20 <= len(articles) <= 40
        assert all(SHORTEST <= len(article.html) <= LONGEST for article in articles)
        assert len({article.guid for article in articles}) == len({article.address for article in articles})


def test_feeds_lie_on_49_hosts_of_this_machine() -> None:
    assert len(HOSTS) == len({address(number, 80).split("/")[2] for number in range(2000)}) == 49
    assert path(5) == "/feeds/5.xml"


def test_the_farm_in_a_process_of_its_own_is_steered_over_http_and_ends_with_the_benchmark() -> None:
    with running_farm(40, "rss,json", 1) as field:
        host, _, port = field.addresses[0].split("/")[2].partition(":")
        connection = HTTPConnection(host, int(port))
        connection.request("GET", path(0))
        etag = connection.getresponse().getheader("etag")
        field.change()
        connection.close()
        connection.request("GET", path(0))
        assert connection.getresponse().getheader("etag") != etag
        connection.close()
        assert field.counts() == {"200": 2}
        assert field.counts() == {}
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection(host, int(port)).connect()


SPEND = "import time\nwhile time.process_time() < {seconds}: pass"
GRANDCHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SPEND.format(seconds=0.3)!r}])"
ORPHAN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SPEND.format(seconds=0.3)!r}])"
FORKSERVER = """
import multiprocessing, time
def spend():
    while time.process_time() < 0.3: pass
if __name__ == "__main__":
    process = multiprocessing.get_context("forkserver").Process(target=spend)
    process.start()
    process.join()
"""
MEMORY = "import time; kept = bytearray(b'x') * 60_000_000; time.sleep(0.15)"


def measure(folder: Path, code: str) -> Cost:
    script = folder / "script.py"
    script.write_text(code, encoding="utf-8")
    return measured([sys.executable, str(script)], result=folder / "cost.json", output=folder / "output.log")


@pytest.mark.slow
@pytest.mark.parametrize("code", [GRANDCHILD, ORPHAN, FORKSERVER], ids=["grandchild", "orphan", "forkserver"])
def test_time_of_processes_that_others_reap_or_nobody_does_is_accounted(tmp_path: Path, code: str) -> None:
    cost = measure(tmp_path, code)
    assert cost.exit_code == 0
    assert cost.processes >= 2
    assert 0.3 <= cost.cpu < 2.0
    assert not cost.escaped


def test_time_that_nobody_accounts_is_noticed(tmp_path: Path) -> None:
    # Children of a process that ignores SIGCHLD are nobody's: the kernel forgets what they used (wait(2), notes).
    cost = measure(tmp_path, f"import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n{GRANDCHILD}")
    assert cost.escaped


def test_memory_of_all_processes_is_added_up(tmp_path: Path) -> None:
    alone = measure(tmp_path, MEMORY).peak_memory
    code = (
        f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {MEMORY!r}]); {MEMORY}; child.wait()"
    )
    both = measure(tmp_path, code).peak_memory
    assert 60_000_000 < alone < 100_000_000
    assert 120_000_000 < both < 200_000_000


def test_a_command_that_fails_says_so_and_its_output_is_kept(tmp_path: Path) -> None:
    cost = measure(tmp_path, "print('this went wrong', flush=True); raise SystemExit(3)")
    assert cost.exit_code == 3
    assert "this went wrong" in (tmp_path / "output.log").read_text(encoding="utf-8")


def sample(program: str, phase: Phase, *, seconds: float = 1.0, entries: int = 300, **counts: int) -> Sample:
    answers = {name.removeprefix("n"): count for name, count in counts.items()} or {"200": 10}
    return Sample(
        program=program, phase=phase, cost=replace(COST, user=seconds, system=0.0), entries=entries, answers=answers
    )


def test_ratios_are_those_of_medians_against_reader() -> None:
    samples = [
        *(sample(OURS, Phase.FIRST, seconds=each) for each in (0.3, 0.1, 9.0)),
        *(sample(READER, Phase.FIRST, seconds=each) for each in (1.0, 1.2, 0.5)),
    ]
    ours, reader = figures.figures(samples, feeds=10)
    assert (ours.program, reader.program) == (OURS, READER)
    assert ours.cpu == pytest.approx(30.0)
    assert ours.ratio == pytest.approx(0.3)
    assert ours.memory == pytest.approx(90.0)


def test_targets_are_met_missed_or_not_measured() -> None:
    samples = [
        sample(OURS, Phase.FIRST, seconds=0.3),
        sample(OURS_UNGROUPED, Phase.FIRST, seconds=0.3),
        sample(READER, Phase.FIRST),
    ]
    wanted = figures.targets(figures.figures(samples, feeds=10))
    assert [target.met for target in wanted] == [False, True, None, None, True]
    text = figures.verdict(wanted)
    assert "MISSED" in text
    assert "not measured" in text
    alone = figures.targets(figures.figures([sample(OURS, Phase.FIRST)], feeds=10))
    assert [target.met for target in alone] == [None, None, None, None, True]


def test_a_run_in_which_programs_stored_or_were_answered_differently_is_worthless() -> None:
    good = [sample(name, Phase.CHANGED, n200=1, n304=9) for name in (OURS, READER)]
    assert figures.faults(good, feeds=10, changed=1) == []
    other_count = sample(PLAIN, Phase.CHANGED, entries=299, n200=1, n304=9)
    assert "differ: [299, 300]" in figures.faults([*good, other_count], feeds=10, changed=1)[0]
    unconditional = sample(PLAIN, Phase.CHANGED, n200=10)
    assert "was answered" in figures.faults([*good, unconditional], feeds=10, changed=1)[0]
    failed = replace(good[0], cost=replace(COST, exit_code=1))
    assert "exit code 1" in figures.faults([failed], feeds=10, changed=1)[0]
    escaped = replace(good[0], cost=replace(COST, escaped=True))
    assert "accounted" in figures.faults([escaped], feeds=10, changed=1)[0]


def test_the_table_names_every_phase_and_program_and_json_holds_the_same() -> None:
    samples = [sample(name, phase) for phase in Phase for name in (OURS, READER)]
    measured_figures = figures.figures(samples, feeds=10)
    text = figures.table(measured_figures)
    assert all(text.count(phase) == 1 for phase in Phase)
    assert len(text.splitlines()) == 1 + len(samples)
    values = json.loads(json.dumps(figures.as_json(measured_figures, figures.targets(measured_figures), [])))
    assert [figure["cpu"] for figure in values["figures"]] == [100.0] * 6


def test_our_feeds_yaml_turns_pacing_off_and_allows_loopback_by_documented_settings(tmp_path: Path) -> None:
    program = Aggregator(group=False)
    program.prepare(tmp_path, ["http://127.0.0.2:80/feeds/0.xml", "http://127.0.0.3:80/feeds/1.xml"])
    text = (tmp_path / "feeds.yaml").read_text(encoding="utf-8")
    documented = (Path(__file__).resolve().parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    for setting in ("host_gap", "allow_networks"):
        assert setting in text
        assert setting in documented
    assert text.count("- url:") == 2
    assert program.command(tmp_path)[-3:] == ["poll", "--all", "--no-group"]


@pytest.mark.slow
def test_the_plain_loop_stores_every_entry_of_every_format_and_asks_conditionally(tmp_path: Path) -> None:
    program = PlainLoop(python=Path(sys.executable))
    with running_farm(8, ",".join(FORMATS), 1) as field:
        program.prepare(tmp_path, field.addresses)
        for answers in ({"200": 8}, {"304": 8}):
            subprocess.run(program.command(tmp_path), check=True)
            assert field.counts() == answers
    assert program.entries(tmp_path) == sum(Newspaper(number, seed=1).size for number in range(8))
