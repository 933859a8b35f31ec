"""README, changelog, glossary and decisions exist, and fit the program."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readme_begins_with_what_the_program_is() -> None:
    heading, first, *_ = re.split(r"\n\s*\n", read("README.md").strip())
    assert heading.startswith("# Aggregator")
    assert re.search(r"\bnews\b", first), "the first paragraph says what the program is"


@pytest.mark.parametrize("command", ["make serve", "make test", "make check"])
def test_the_readme_tells_how_to_begin(command: str) -> None:
    assert command in read("README.md")


def test_the_changelog_tells_of_this_version_first() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    headings = re.findall(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0].strip("[]") == version


def test_every_make_target_that_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", read("README.md")))
    assert named - targets == set()


WORDS = ["Feed", "Publisher", "Entry", "guid", "Copy", "Story", "Related", "Digest", "validators", "fingerprint"]


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_gives_a_word_its_one_meaning(word: str) -> None:
    assert len(re.findall(rf"^\| {word} \| \S", read("docs/glossary.md"), re.MULTILINE)) == 1


def links() -> list[tuple[str, str]]:
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [
        (str(document.relative_to(ROOT)), target)
        for document in documents
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", target)
    ]


def test_every_link_between_documents_leads_somewhere() -> None:
    assert [(page, target) for page, target in links() if not (ROOT / page).parent.joinpath(target).exists()] == []


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")]
    assert numbers
    assert sorted(set(numbers)) == sorted(numbers)
