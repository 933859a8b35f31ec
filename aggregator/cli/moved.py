"""The patch that takes into feeds.yaml where feeds have moved to for good."""

from collections.abc import Iterable
from difflib import unified_diff

from aggregator.cli.options import Place
from aggregator.config import edits
from aggregator.config.edits import Text
from aggregator.config.identity import feed_id
from aggregator.config.read import decoded
from aggregator.errors import UserError
from aggregator.model.feed import Outcome
from aggregator.services.check_report import CheckReport


def patch(place: Place, reports: Iterable[CheckReport]) -> str:
    """Write a unified diff of feeds.yaml; empty where no feed has moved, or none whose line can be edited.

    A feed whose id is made of its address gets that id by name: what is kept of it hangs on it.
    """
    try:
        before = after = decoded(place.config.read_bytes(), place.config)
    except (OSError, UserError):  # it changed while feeds were asked
        return ""
    for report in reports:
        if report.outcome is Outcome.FETCHED and report.permanent_url:
            after = _moved(after, report, report.permanent_url)
    name = place.config.name
    lines = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _moved(text: str, report: CheckReport, address: str) -> str:
    name = report.feed.id
    try:
        named = edits.put(Text.of(text, file=""), name, "id", name) if feed_id(report.feed.url) == name else text
        return edits.put(Text.of(named, file=""), name, "url", address)
    except (UserError, StopIteration):  # another feed is polled there already, or the file has changed
        return text
