"""A soak: the real server polls a farm whose news goes on and whose servers fail, is killed and started anew, and is watched.

    python -m benchmarks.soak --minutes 20                                draws docs/soak.svg, prints a table
    python -m benchmarks.soak --minutes 0.3 --feeds 80 --faults 30 --hurry --picture soak.svg      a quick try

Exit code 1 says that a rule of `benchmarks.soak_rules` was broken; the table says which. Ends of the server, SIGKILL and SIGTERM, come at
random times (`--seed`) until three fifths of the run are over, so that the last life is long enough to tell whether memory is flat. Then
the farm stops to change, every feed is polled once more, and what is stored is compared with what the farm knows.

`--hurry` lets an hour go by between two lives, in the database, since no feed is polled more than once a minute: in half a minute,
that makes every feed be polled several times.
"""

import argparse
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from socket import create_server
from tempfile import TemporaryDirectory
from typing import Any, Final

from aggregator.clock import SystemClock
from benchmarks.farm import HOSTS
from benchmarks.soak_farm import STEP, Kind, Plot, address_of, plots
from benchmarks.soak_picture import picture
from benchmarks.soak_rules import Course, Fed, rules, table
from benchmarks.soak_watch import Soaked, Watcher, ask, read

INTERVAL: Final = 60.0
"""Seconds: the shortest that feeds.yaml allows."""
DIGESTS: Final = 5
"""That are sealed while it runs, one every three minutes."""
_ROOT: Final = Path(__file__).resolve().parents[1]
_CATEGORIES: Final = ("World", "Middle East", "Business", "Science", "Culture", "Sport")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done."""

    minutes: float
    feeds: int
    faults: int
    seed: int
    every: float
    hurry: bool
    begun: datetime

    @property
    def seconds(self) -> float:
        """How long it runs."""
        return self.minutes * 60

    @property
    def ends(self) -> list[tuple[float, bool]]:
        """When lives end, and whether they are killed: one of each at least."""
        random, many = Random(self.seed), max(2, round(self.minutes / 3))
        times = sorted(random.uniform(0.15, 0.6) * self.seconds for _ in range(many))
        kills = [True, False, *(random.random() < 0.6 for _ in range(many - 2))]
        random.shuffle(kills)
        return list(zip(times, kills, strict=True))

    @property
    def first_day(self) -> datetime:
        """When the news of the first editions is from, so that those of the last are of now."""
        return self.begun - STEP * 2 * (self.seconds / self.every + 1)

    @property
    def digest_times(self) -> dict[str, datetime]:
        """When which digest ends."""
        return {f"soak-{number}": self.begun + timedelta(minutes=3 * number) for number in range(1, DIGESTS + 1)}


@contextmanager
def _farm(plan: Plan) -> Iterator[tuple[int, int]]:
    options = (f"--feeds={plan.feeds}", f"--faults={plan.faults}", f"--every={plan.every}", f"--seed={plan.seed}")
    command = [sys.executable, "-m", "benchmarks.soak_farm", *options, f"--first-day={plan.first_day.isoformat()}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT) as process:
        try:
            told = json.loads((process.stdout and process.stdout.readline()) or b"{}")
            if not told:
                raise RuntimeError("the farm did not start; what it said stands above")
            yield told["port"], told["closed"]
        finally:
            if process.stdin:
                process.stdin.close()


def configuration(planted: list[Plot], plan: Plan, *, port: int, farm: int, closed: int) -> str:
    """Write feeds.yaml: pacing off and the shortest interval, windows of hours, since news goes faster than the clock."""
    digests = "".join(f"- {{name: {name}, time: '{at:%H:%M}'}}\n" for name, at in plan.digest_times.items())
    feeds = "".join(
        f"- {{url: '{address_of(plot, farm, closed)}', id: f{plot.number}, publisher: Paper {plot.number}, "
        f"category: {_CATEGORIES[plot.number % len(_CATEGORIES)]}}}\n"
        for plot in planted
    )
    return (
        f"site: {{title: Soak, url: 'http://127.0.0.1:{port}/'}}\n"
        "polling: {interval: 1m, unconditional_interval: 1m, host_gap: 0s, timeout: 10s, "
        "allow_networks: [127.0.0.0/8], websub: 'off'}\n"
        "copies: {window: 6h}\nstories: {idle: 6h, span: 12h, late: 6h}\nmedia: {images: none}\n"
        f"digests:\n{digests}feeds:\n{feeds}"
    )


def run(plan: Plan, folder: Path) -> tuple[Course, Watcher]:
    """Let it run, and give what was seen."""
    planted = plots(plan.feeds, faults=plan.faults)
    with create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with _farm(plan) as (farm, closed):
        text = configuration(planted, plan, port=port, farm=farm, closed=closed)
        (folder / "feeds.yaml").write_text(text, encoding="utf-8")
        begun = time.monotonic()
        soaked = Soaked(folder, port, clock=lambda: time.monotonic() - begun)
        watcher = Watcher(soaked, look_every=min(3.0, plan.seconds / 30), ask_every=0.25, seed=plan.seed)
        try:
            with watcher.watching():
                _live(plan, soaked, farm)
                record = _record(farm, begun)
                ended = soaked.clock()
                soaked.end(kill=False)
        finally:
            soaked.end(kill=True)
    _say(f"stopped after {ended:.0f} s; comparing")
    return _course(plan, watcher, record, ended), watcher


def _live(plan: Plan, soaked: Soaked, farm: int) -> None:
    soaked.start()
    for at, kill in plan.ends:
        time.sleep(max(0.0, at - soaked.clock()))
        _again(plan, soaked, kill=kill)
    time.sleep(max(0.0, plan.seconds - soaked.clock()))
    _ask_farm(farm, "/control/stop")
    stopped = time.monotonic()
    if plan.hurry:
        _again(plan, soaked, kill=False)
    # The longest wait of a good feed is an interval, its phase, and what it waits for its turn: what takes longer, the rules tell.
    until = stopped + 3 * INTERVAL
    while time.monotonic() < until and not _all_asked(farm, since=stopped):
        time.sleep(1)
    time.sleep(2)


def _again(plan: Plan, soaked: Soaked, *, kill: bool) -> None:
    life = soaked.end(kill=kill)
    _say(f"{'killed' if kill else 'stopped'} life {life.number} after {(life.ended or 0) - life.began:.0f} s")
    if plan.hurry:
        with closing(sqlite3.connect(soaked.database, timeout=10)) as connection, connection:
            connection.execute(
                "UPDATE feeds SET next_poll_at = 1, fresh_until = 1, blocked_until = NULL WHERE gone = 0"
            )
            connection.execute("UPDATE rate_groups SET lease_until = NULL, rest_until = NULL, next_at = 1")
    soaked.start()


def _ask_farm(farm: int, path: str) -> Any:  # noqa: ANN401 -- JSON, or a word
    status, body = ask(farm, path, host=HOSTS[0])
    if status != 200:
        raise RuntimeError(f"the farm answered {path} with {status}")
    return json.loads(body) if path.endswith("record") else body


def _all_asked(farm: int, *, since: float) -> bool:
    good = [each for each in _ask_farm(farm, "/control/record") if each["kind"] == Kind.GOOD]
    return all(each["asked"] and each["asked"][-1] > since for each in good)


def _record(farm: int, begun: float) -> list[dict[str, Any]]:
    record: list[dict[str, Any]] = _ask_farm(farm, "/control/record")
    for each in record:
        each["asked"] = [at - begun for at in each["asked"]]
    return record


def _course(plan: Plan, watcher: Watcher, record: list[dict[str, Any]], ended: float) -> Course:
    soaked = watcher.soaked
    checked = subprocess.run(soaked.command("db", "check"), capture_output=True, text=True, cwd=_ROOT, check=False)
    good = {number for number, each in enumerate(record) if each["kind"] in {Kind.GOOD, Kind.MOVED}}
    lines = [line for life in soaked.lives for line in unexpected(soaked.log(life.number), good)]
    return Course(
        interval=INTERVAL,
        samples=watcher.samples,
        asked=watcher.asked,
        lives=soaked.lives,
        feeds=_fed(soaked.database, record),
        log=lines,
        checked=(checked.stdout + checked.stderr).strip() if checked.returncode else "",
        digests_missing=_missing(plan, soaked.database, ended),
        ended=ended,
    )


def _fed(database: Path, record: list[dict[str, Any]]) -> list[Fed]:
    stored: dict[str, list[tuple[str, str]]] = {}
    for feed_id, guid, headline in read(
        database, "SELECT feed_id, coalesce(guid, url, headline), headline FROM entries"
    ):
        stored.setdefault(str(feed_id), []).append((str(guid), str(headline)))
    held = {str(feed_id): str(etag) for feed_id, etag in read(database, "SELECT id, etag FROM feeds")}
    found = []
    for number, each in enumerate(record):
        name = f"f{number}"
        holds_last = held.get(name) == each["etag"]
        newest = each["newest"] if holds_last else {}
        found.append(
            Fed(
                number=number,
                kind=each["kind"],
                asked=each["asked"],
                # What the database names as held is owed as well: the reader would say so at its next poll.
                owed=frozenset(each["owed"]) | frozenset(newest),
                given=frozenset(each["given"]),
                newest=newest,
                stored=Counter(guid for guid, _ in stored.get(name, ())),
                titles=dict(stored.get(name, ())),
            )
        )
    return found


_POLLED = re.compile(r" WARNING aggregator\.services\.poll_feed poll feed=f(\d+) ")


def unexpected(log: Path, good: set[int]) -> Iterator[str]:
    """Give the lines of a log that should not be there: errors, tracebacks, and failed polls of feeds that answer well."""
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        polled = _POLLED.search(line)
        if (
            (polled and int(polled[1]) in good)
            or re.match(r"\S+ \S+ (ERROR|CRITICAL) ", line)
            or "Traceback" in line
            or (" WARNING " in line and not polled)
        ):
            yield f"{log.name}: {line}"


def _missing(plan: Plan, database: Path, ended: float) -> list[str]:
    """Name the digests that should have been sealed, a minute after their time."""
    sealed = {(str(name), int(str(end))) for name, end in read(database, "SELECT name, end_at FROM digests")}
    last = plan.begun + timedelta(seconds=ended - 60)
    ends = {name: at.replace(second=0, microsecond=0) for name, at in plan.digest_times.items()}
    return [
        f"{name}, {at:%H:%M}" for name, at in ends.items() if at < last and (name, int(at.timestamp())) not in sealed
    ]


def _say(message: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


def summary(course: Course, plan: Plan) -> str:
    """Say in two lines what the run was."""
    kinds = Counter(feed.kind for feed in course.feeds)
    asked = sum(len(feed.asked) for feed in course.feeds)
    killed = sum(life.killed for life in course.lives)
    return (
        f"{plan.minutes:g} minutes, {plan.feeds:,} feeds ({', '.join(f'{many:,} {kind}' for kind, many in kinds.items())}), "
        f"seed {plan.seed}\n{asked:,} requests for feeds, {len(course.asked):,} of the client, {killed} kills, "
        f"{len(course.lives) - killed - 1} orderly restarts, {sum(feed.stored.total() for feed in course.feeds):,} entries"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description="Soak the server, and watch it.")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument(
        "--faults", type=int, default=5, help="per cent of feeds that are broken, and as many that are flaky"
    )
    parser.add_argument(
        "--every", type=float, help="seconds from one edition of a newspaper to the next (default: 180)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of news, faults, and the times of kills")
    parser.add_argument("--hurry", action="store_true", help="let an hour go by between two lives")
    parser.add_argument("--picture", type=Path, default=_ROOT / "docs" / "soak.svg", help="where it is drawn")
    parser.add_argument(
        "--folder", type=Path, help="keep database, logs and figures here (default: a temporary folder)"
    )
    asked = parser.parse_args()
    if asked.folder and asked.folder.exists() and any(asked.folder.iterdir()):
        parser.error(f"--folder: {asked.folder} is not empty")
    return asked


def main() -> None:
    """Run, draw, print, and say by the exit code whether every rule was kept."""
    asked = _arguments()
    plan = Plan(
        minutes=asked.minutes,
        feeds=asked.feeds,
        faults=asked.faults,
        seed=asked.seed,
        every=asked.every or (asked.minutes * 6 if asked.hurry else 180.0),
        hurry=asked.hurry,
        begun=SystemClock().now(),
    )
    with TemporaryDirectory() as temporary:
        folder = (asked.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        course, watcher = run(plan, folder)
        samples = json.dumps([asdict(each) for each in watcher.samples])
        (folder / "samples.json").write_text(samples, encoding="utf-8")
    title = f"{plan.feeds:,} feeds, {plan.faults} % of them broken and as many flaky, {plan.minutes:g} minutes"
    asked.picture.write_text(picture(course.samples, course.lives, title=title), encoding="utf-8")
    held = rules(course)
    print(summary(course, plan), table(held), sep="\n")
    sys.exit(0 if all(each.kept for each in held) else 1)


if __name__ == "__main__":
    main()
