"""Whether all is well, as `aggregator doctor` judges it, and how it finds out."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator.cli.main import main
from aggregator.services.doctor import LONG_WAL, Disk, Polled, Sign, State, Versions, Vitals, diagnose
from tests.factories import NOON

MIB, GIB = 1024**2, 1024**3
POLLED = Polled(feeds=2, problems=(), last_at=NOON, latest_at=NOON, overdue=0)
DISK = Disk(database=500 * MIB, wal=4 * MIB, free=50 * GIB)
WELL = Vitals(
    now=NOON,
    versions=Versions(program="1.0", python="3.11.7", sqlite=(3, 53, 0)),
    configuration="",
    names_feeds=True,
    unmade="",
    database="",
    findings=(),
    disk=DISK,
    polled=POLLED,
    backups=True,
    backup_at=NOON - timedelta(hours=8),
    mail="",
)


def sign(vitals: Vitals, topic: str) -> Sign:
    (found,) = (each for each in diagnose(vitals) if each.topic == topic)
    return found


def test_where_all_is_well_nothing_else_is_said() -> None:
    assert {each.state for each in diagnose(WELL)} == {State.WELL}
    assert [each.topic for each in diagnose(WELL)] == [
        *("configuration", "database", "disk", "feeds", "polling", "clock", "mail", "backups", "versions")
    ]


@pytest.mark.parametrize(
    ("vitals", "topic", "state", "said"),
    [
        (replace(WELL, configuration="feeds.yaml:1:1: no"), "configuration", State.WRONG, "feeds.yaml:1:1"),
        (replace(WELL, names_feeds=False), "configuration", State.NOTE, "feeds add URL"),
        (replace(WELL, unmade="a.db"), "database", State.NOTE, "`aggregator serve` makes a.db"),
        (replace(WELL, database="a.db: is damaged"), "database", State.WRONG, "damaged"),
        (replace(WELL, findings=("entries without a text",)), "database", State.WRONG, "db check` names them"),
        (replace(WELL, disk=replace(DISK, free=500 * MIB)), "disk", State.WRONG, "make room"),
        (replace(WELL, disk=replace(DISK, database=60 * GIB)), "disk", State.NOTE, "too little for a copy"),
        (replace(WELL, disk=replace(DISK, wal=300 * MIB)), "disk", State.NOTE, "journal has grown to 300.0 MiB"),
        (replace(WELL, polled=replace(POLLED, feeds=0)), "feeds", State.NOTE, "none yet"),
        (replace(WELL, polled=replace(POLLED, last_at=None)), "polling", State.NOTE, "nothing was polled yet"),
        (replace(WELL, polled=replace(POLLED, overdue=7)), "polling", State.WRONG, "7 feeds are overdue"),
        (replace(WELL, polled=replace(POLLED, latest_at=NOON + timedelta(days=1))), "clock", State.WRONG, "1 day"),
        (replace(WELL, mail="mail.example:587: refused"), "mail", State.WRONG, "refused"),
        (replace(WELL, backups=False, backup_at=None), "backups", State.NOTE, "none are made"),
        (replace(WELL, backup_at=None), "backups", State.WRONG, "there is none yet"),
        (replace(WELL, backup_at=NOON - timedelta(days=3)), "backups", State.WRONG, "2026-03-07"),
        (replace(WELL, versions=replace(WELL.versions, sqlite=(3, 40, 1))), "versions", State.NOTE, "before 3.51.3"),
    ],
)
def test_what_is_not_well_is_said_with_what_to_do(vitals: Vitals, topic: str, state: State, said: str) -> None:
    found = sign(vitals, topic)
    assert found.state is state
    assert said in found.said
    assert [each.state for each in diagnose(vitals) if each.topic != topic] == [State.WELL] * (
        len(diagnose(vitals)) - 1
    )


def run(folder: Path, *arguments: str) -> Result:
    files = ["--config", str(folder / "feeds.yaml"), "--database", str(folder / "news.db")]
    return CliRunner().invoke(main, [*files, "doctor", *arguments])


def test_without_a_configuration_that_is_wrong_and_no_database_is_made(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.exit_code == 1
    assert "feeds.yaml" in done.stdout
    assert "aggregator poll" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("thorough", [[], ["--thorough"]])
def test_a_service_that_was_never_started_is_told_how_to_and_nothing_is_wrong_with_it(
    tmp_path: Path, thorough: list[str]
) -> None:
    (tmp_path / "feeds.yaml").write_text(f"care: {{backups: {tmp_path}}}\nfeeds: []\n")
    done = run(tmp_path, *thorough)
    assert done.exit_code == 0
    assert "WRONG" not in done.stdout
    assert "aggregator feeds add URL" in done.stdout
    assert (
        f"nothing was polled yet: `aggregator poll` or `aggregator serve` makes {tmp_path / 'news.db'}" in done.stdout
    )
    assert [file.name for file in tmp_path.iterdir()] == ["feeds.yaml"]


def test_a_mail_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    mail = "mail: {host: 127.0.0.1, port: 1, security: none, sender: news@example.org, timeout: 2s}"
    (tmp_path / "feeds.yaml").write_text(f"{mail}\nfeeds:\n  - url: https://a.example/rss.xml\n")
    signs = {each["topic"]: each for each in json.loads(run(tmp_path, "--json").stdout)}
    assert signs["configuration"]["state"] == "well"
    assert signs["mail"]["state"] == "wrong"
    assert "127.0.0.1:1" in signs["mail"]["said"]


def test_d8_a_journal_that_is_held_open_is_noted_from_so_many_bytes_on() -> None:
    def state(wal: int) -> State:
        (sign,) = [sign for sign in diagnose(replace(WELL, disk=replace(DISK, wal=wal))) if sign.topic == "disk"]
        return sign.state

    assert (state(LONG_WAL), state(LONG_WAL + 1)) == (State.WELL, State.NOTE)
