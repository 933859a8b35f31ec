"""Ask Lighthouse about pages of a running site: `python -m benchmarks.lighthouse http://127.0.0.1:8000/ /stories/1 /entries/1`.

Needs Lighthouse (`npm install --global lighthouse`, or its path in LIGHTHOUSE) and Chromium. Prints the four scores of the front page
and of every path that is named; ends with 1 where one is below 98. `is-crawlable` is not asked: pages say noindex on purpose, for the
texts are their publishers'.
"""

import json
import os
import shutil
import subprocess
import sys
from typing import Final
from urllib.parse import urljoin

LEAST: Final = 98
CATEGORIES: Final = ("performance", "accessibility", "best-practices", "seo")
_FLAGS: Final = ("--quiet", "--output=json", "--output-path=stdout", "--skip-audits=is-crawlable")
_CHROMIUM: Final = "--chrome-flags=--headless=new --no-sandbox"


def main(arguments: list[str]) -> int:
    """Measure, print a line a page, and tell whether every score is high enough."""
    lighthouse = os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not arguments or not lighthouse or not chromium:
        print(__doc__, file=sys.stderr)
        return 2
    site, *paths = arguments
    lowest = 100
    for path in dict.fromkeys(["/", *paths]):
        scores, failed = _measured(lighthouse, chromium, urljoin(site, path))
        print(f"{path:30}", *(f"{name} {scores[name]:3}" for name in CATEGORIES), *failed, sep="  ", flush=True)
        lowest = min(lowest, *scores.values())
    return 0 if lowest >= LEAST else 1


def _measured(lighthouse: str, chromium: str, url: str) -> tuple[dict[str, int], list[str]]:
    """Give the scores, of 100, and the names of the audits that found something; those that only inform are left out."""
    done = subprocess.run(
        [lighthouse, url, *_FLAGS, f"--only-categories={','.join(CATEGORIES)}", _CHROMIUM],
        capture_output=True,
        check=True,
        env={**os.environ, "CHROME_PATH": chromium},
    )
    report = json.loads(done.stdout)
    failed = [
        name
        for category in CATEGORIES
        for name in (audit["id"] for audit in report["categories"][category]["auditRefs"] if audit["weight"])
        if (report["audits"][name]["score"] or 0) < 1 and report["audits"][name]["scoreDisplayMode"] != "notApplicable"
    ]
    return {name: round(100 * (report["categories"][name]["score"] or 0)) for name in CATEGORIES}, failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
