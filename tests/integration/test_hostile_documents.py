"""Documents made to hurt: each is read or refused, by a pool that goes on."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from aggregator.parse_pool import ParsePool

GENERATOR = Path(__file__).resolve().parents[2].parent / "shared" / "tools" / "gen_hostile.py"
ROOMS = ("entities", "size", "redos", "encoding", "semantics", "urls")

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(not GENERATOR.is_file(), reason="the maker of hostile feeds (../shared/tools) is not here"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    body: bytes
    title: str | None
    outcome: ParsedFeed | Failed


def addresses(entry: ParsedEntry) -> list[str]:
    source = entry.source.url if entry.source else None
    fields = (entry.url, entry.image_url, entry.comments_url, source, *(file.url for file in entry.enclosures))
    return [address for address in fields if address is not None]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    subprocess.run([sys.executable, str(GENERATOR), str(folder)], check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
async def cases(folder: Path, anyio_backend: str) -> dict[str, Case]:
    """Send every document through one pool."""
    rows = [json.loads(line) for line in (folder / "MANIFEST.jsonl").read_text().splitlines()]
    pool = ParsePool()
    found: dict[str, Case] = {}
    for row in rows:
        if row["file"].startswith(ROOMS):
            body = (folder / row["file"]).read_bytes()
            outcome = await pool.parse(Document(body=body, url="http://hostile.example/feed"))
            found[row["file"]] = Case(name=row["file"], body=body, title=row.get("title"), outcome=outcome)
    await pool.aclose()
    return found


async def test_every_document_is_read_or_refused_with_a_sentence(cases: dict[str, Case]) -> None:
    assert len(cases) > 80
    refused = [case.outcome for case in cases.values() if isinstance(case.outcome, Failed)]
    assert all(failed.message for failed in refused)
    assert not [failed.message for failed in refused if "fault of this program" in failed.message]


async def test_titles_come_out_in_every_encoding(cases: dict[str, Case]) -> None:
    expected = {name: case.title for name, case in cases.items() if case.title}
    assert len(expected) >= 10
    titles = {
        name: case.outcome.entries[0].headline if isinstance(case.outcome, ParsedFeed) else str(case.outcome)
        for name, case in cases.items()
        if name in expected
    }
    assert titles == expected


async def test_s6_only_web_addresses_come_out(cases: dict[str, Case]) -> None:
    parsed = [case.outcome for case in cases.values() if isinstance(case.outcome, ParsedFeed)]
    found = [address for feed in parsed for entry in feed.entries for address in addresses(entry)]
    assert len(found) > 1000
    assert [address for address in found if not address.startswith(("http://", "https://"))] == []


async def test_a32_documents_with_entities_are_refused_and_name_no_secret(cases: dict[str, Case]) -> None:
    for name, case in cases.items():
        if name.startswith("entities/") and b"<!ENTITY" in case.body:
            assert isinstance(case.outcome, Failed), name
            assert case.outcome.kind is FailureKind.HOSTILE_DOCUMENT, name
        assert "root:x:0" not in str(case.outcome), name


async def test_documents_that_are_only_odd_are_read(cases: dict[str, Case]) -> None:
    odd = [
        *("entities/html_entities_undeclared.xml", "entities/xxe_external_dtd.xml", "size/many_items.xml"),
        *("size/gzip_magic_no_header.xml", "size/deep_nesting_html.xml", "size/long_line_json_feed.json"),
        *("encoding/nul_bytes.xml", "encoding/lone_surrogate_ref.xml", "encoding/bom_then_space.xml"),
        *("encoding/utf16le_bom.xml", "encoding/utf32.xml", "encoding/invalid_utf8.xml", "semantics/dates.xml"),
        *("semantics/empty_channel.xml", "semantics/trailing_junk.xml", "semantics/php_warning_prefix.xml"),
        *("semantics/json_as_xml.xml", "semantics/json_bad_types.json", "semantics/no_ids.xml", "urls/links.xml"),
    ]
    assert {name: cases[name].outcome for name in odd if isinstance(cases[name].outcome, Failed)} == {}
