"""`feeds import` and `feeds export` as people start them."""

from pathlib import Path

import pytest

from aggregator.config.read import load
from tests.integration.conftest import SHARED, Program

pytestmark = pytest.mark.slow  # seconds each: programs that are started

START = """\
# Ours
site: {title: Ours}
feeds:
  - url: https://a.example/rss   # first
    category: World News

  - url: https://b.example/
    category: Sport
"""
LIST = """\
<opml version="2.0"><head><title>Theirs</title></head><body>
<outline text="world-news"><outline text="R & D" xmlUrl="https://c.example/" category="x,z"/>
<outline text="Again" xmlUrl="https://a.example/rss"/></outline>
<outline text="Tech"><outline text="D" xmlUrl="http://d.example/"/><outline text="E" xmlUrl="https://d.example/"/>
<outline text="Lost" xmlUrl="nowhere"/></outline>
<outline text="Bare" xmlUrl="https://e.example/"/></body></opml>
"""


@pytest.fixture
def theirs(program: Program, tmp_path: Path) -> Path:
    program.config.write_text(START)
    file = tmp_path / "theirs.opml"
    file.write_text(LIST)
    return file


def test_what_is_imported_is_put_below_its_category_and_all_else_stays(program: Program, theirs: Path) -> None:
    done = program.run("feeds", "import", str(theirs))
    assert done.returncode == 1
    first, second = START.split("\n  - url: https://b")
    assert program.config.read_text() == (
        f"""{first}
  - url: https://c.example/
    title: R & D
    category: World News
    tags: [x, z]

  - url: https://b{second}
  - url: http://d.example/
    title: D
    category: Tech

  - url: https://d.example/
    title: E
    category: Tech
    id: d-example-2

  - url: https://e.example/
    title: Bare
"""
    )
    assert f"{theirs}:5: 'Lost': 'nowhere' is no http(s) address" in done.stderr
    assert f"{theirs}:3: 'Again': is listed already, as 'a-example'" in done.stderr
    assert f"{theirs}: not well-formed, but could be read: line 2, column " in done.stderr
    assert "4 feeds in 1 new category added, 1 listed already." in done.stdout


def test_a_dry_run_changes_nothing_and_a_second_run_adds_nothing(program: Program, theirs: Path) -> None:
    dry = program.run("feeds", "import", str(theirs), "--dry-run")
    assert "+ https://c.example/  R & D\n" in dry.stdout
    assert "4 feeds in 1 new category would be added, 1 listed already." in dry.stdout
    assert program.config.read_text() == START
    program.run("feeds", "import", str(theirs))
    once = program.config.read_text()
    assert "0 feeds in 0 new categories added, 5 listed already." in program.run("feeds", "import", str(theirs)).stdout
    assert program.config.read_text() == once


def test_what_is_no_list_changes_nothing(program: Program, theirs: Path) -> None:
    theirs.write_text("<html/>")
    done = program.run("feeds", "import", str(theirs))
    assert (done.returncode, program.config.read_text()) == (2, START)
    assert done.stderr == f"{theirs}: the document is XML with the root element <html>, not OPML\n"


def test_out_then_in_is_the_same_set_of_feeds(program: Program, theirs: Path, tmp_path: Path) -> None:
    program.run("feeds", "import", str(theirs))
    written = tmp_path / "out.opml"
    written.write_text(program.run("feeds", "export").stdout)
    before = load(program.config)
    program.config.write_text("feeds: []\n")
    assert program.run("feeds", "import", str(written)).returncode == 0
    after = load(program.config)

    def told(configuration: object) -> set[tuple[str, str, tuple[str, ...]]]:
        return {(feed.url, feed.category, feed.tags) for feed in configuration.feeds}  # type: ignore[attr-defined]

    assert told(after) == told(before)


@pytest.mark.skipif(
    not (SHARED / "data" / "opml").exists(), reason="../shared/data/opml is absent: it holds real lists"
)
def test_every_real_list_imports_and_the_file_stays_one_that_can_be_used(program: Program) -> None:
    program.config.write_text("# ours\nfeeds: []\n")
    codes = {}
    for path in sorted((SHARED / "data" / "opml").glob("*.opml")):
        codes[path.name] = program.run("feeds", "import", str(path)).returncode
    feeds = load(program.config).feeds
    assert len(feeds) > 2000
    assert len({feed.feed_id for feed in feeds}) == len(feeds)
    # Their program has folders of its own that name no address.
    failed = [name for name, code in codes.items() if code]
    assert failed == ["good-03-feedlist_eu.opml", "good-04-feedlist_id.opml", "good-05-feedlist_pt_BR.opml"]
    template = program.run("feeds", "import", str(SHARED / "data" / "opml" / "bad-15-opml.xml"))
    assert (template.returncode, "0 feeds in 0 new categories added" in template.stdout) == (1, True)
    assert program.run("feeds", "import", str(SHARED / "data" / "opml" / "bad-00-not-opml.xml")).returncode == 2
