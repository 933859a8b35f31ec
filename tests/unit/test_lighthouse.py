"""The script that asks Lighthouse: what it reads out of a report. Lighthouse itself is played by a shell script."""

import json
from pathlib import Path

import pytest

from benchmarks.lighthouse import CATEGORIES, main


def _play(folder: Path, monkeypatch: pytest.MonkeyPatch, *, seo: float) -> None:
    scores = dict.fromkeys(CATEGORIES, 1.0) | {"seo": seo}
    audits = {
        "good": {"score": 1, "scoreDisplayMode": "binary"},
        "bad": {"score": 0, "scoreDisplayMode": "binary"},
        "not asked": {"score": None, "scoreDisplayMode": "notApplicable"},
        "told": {"score": 0, "scoreDisplayMode": "informative"},
    }
    refs = [{"id": name, "weight": 0 if name == "told" else 1} for name in audits]
    categories = {name: {"score": score, "auditRefs": refs if name == "seo" else []} for name, score in scores.items()}
    (folder / "report.json").write_text(json.dumps({"categories": categories, "audits": audits}))
    for name, line in (("lighthouse", f'/bin/cat "{folder}/report.json"'), ("chromium", "exit 1")):
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    monkeypatch.delenv("LIGHTHOUSE", raising=False)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(("seo", "ends_with"), [(0.98, 0), (0.97, 1)])
def test_a_line_a_page_names_the_scores_and_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], seo: float, ends_with: int
) -> None:
    _play(tmp_path, monkeypatch, seo=seo)
    assert main(["http://127.0.0.1:8000/", "/stories/1", "/"]) == ends_with
    front, story = capsys.readouterr().out.splitlines()
    assert front.split()[:3] == ["/", "performance", "100"]
    assert story.split()[-3:] == ["seo", str(round(100 * seo)), "bad"]


def test_without_lighthouse_it_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LIGHTHOUSE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["http://127.0.0.1:8000/"]) == 2
    assert "Needs Lighthouse" in capsys.readouterr().err
