"""Write the starting table of document frequencies anew: `starting_counts.py ENTRIES.jsonl > aggregator/stories/starting_counts.py`, then `ruff format`.

ENTRIES.jsonl holds `{"title"}` objects. What is written are counts alone, in bands, of the terms that stand in most headlines.
"""

import collections
import json
import math
import sys
import textwrap
from pathlib import Path

from aggregator.text.story_terms import story_terms

TERMS = 3_000
BANDS = 2
"""Bands for each doubling: a count is right to a fifth, and a weight to 0.2 of about 6."""


def main(path: str) -> None:
    """Count, and print the module."""
    counts: collections.Counter[str] = collections.Counter()
    headlines = 0
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        counts.update(set(story_terms(json.loads(line)["title"])))
        headlines += 1
    bands: collections.defaultdict[int, list[str]] = collections.defaultdict(list)
    for term, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TERMS]:
        bands[round(math.log2(count) * BANDS)].append(term)
    print('"""How many of', f"{headlines:,} headlines hold a term: what is frequent on the first day.\n")
    print("Counts of the English headlines of six months (December 2025 to June 2026, many publishers), by")
    print("`benchmarks/starting_counts.py`; the most frequent terms, in bands of equal counts.")
    print('"""\n')
    print("from typing import Final\n")
    print(f"HEADLINES: Final = {headlines}\n")
    print("_BANDS: Final = {")
    for band in sorted(bands, reverse=True):
        print(f"    {round(2 ** (band / BANDS))}: (")
        for part in textwrap.wrap(" ".join(sorted(bands[band])), 104):
            print(f'        "{part} "')
        print("    ),")
    print("}\n")
    print("SHARES: Final = {term: count / HEADLINES for count, terms in _BANDS.items() for term in terms.split()}")
    print('"""Share of headlines that hold a term."""')


if __name__ == "__main__":
    main(sys.argv[1])
