"""`aggregator init` as people start it."""

import pytest

from aggregator.config.read import load
from tests.integration.conftest import Program


def test_init_writes_a_file_that_can_be_used_and_never_twice(program: Program) -> None:
    done = program.run("init")
    assert done.returncode == 0
    assert f"aggregator --config {program.config} feeds add" in done.stdout
    assert load(program.config).feeds == ()
    written = program.config.read_text()
    again = program.run("init", str(program.config))
    assert (again.returncode, again.stderr) == (2, f"{program.config}: is there already, and stays as it is\n")
    assert program.config.read_text() == written


@pytest.mark.slow
def test_the_first_feed_goes_where_the_starter_file_has_room_for_it(program: Program) -> None:
    program.run("init")
    before = program.config.read_text()
    opml = program.config.with_name("one.opml")
    opml.write_text('<opml><body><outline text="A" xmlUrl="https://a.example/"/></body></opml>')
    assert program.run("feeds", "import", str(opml)).returncode == 0
    assert program.config.read_text() == before.replace(
        "feeds: []\n", "feeds:\n  - url: https://a.example/\n    title: A\n"
    )


def test_where_there_is_no_file_the_way_to_one_is_told(program: Program) -> None:
    assert "or make one: aggregator init" in program.run("feeds", "list").stderr


def test_a_file_without_feeds_leads_to_the_first_one(program: Program) -> None:
    program.run("init")
    listed, looked = program.run("feeds", "list"), program.run("doctor")
    assert listed.stdout.startswith(f"{program.config} names no feed yet. `aggregator feeds add URL`")
    assert program.run("feeds", "list", "--json").stdout == "[]\n"
    assert (listed.returncode, looked.returncode) == (0, 0)
    assert "names no feed yet" in looked.stdout
