"""What makes digests is put together as feeds.yaml says."""

import logging
from pathlib import Path

import pytest

from aggregator.config.read import parse
from aggregator.editions import digests
from tests.blank import open_blank
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.anyio
DIGEST = "digest: {recipients: [reader@example.org]}\nfeeds: []"
MAIL = "mail: {host: mail.example.org, sender: news@example.org}"


@pytest.mark.parametrize(("mail", "recipients"), [("", ()), (MAIL, ("reader@example.org",))])
async def test_without_a_mail_server_nothing_waits_for_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mail: str, recipients: tuple[str, ...]
) -> None:
    store = await open_blank(tmp_path / "news.db")
    with caplog.at_level(logging.WARNING):
        made = digests(parse(f"{mail}\n{DIGEST}", file="feeds.yaml"), store, ManualClock())
    await store.aclose()
    assert made.plan().recipients == recipients
    assert ("names no mail server" in caplog.text) is not bool(recipients)
