"""Languages: which texts are a tag of one, and in which direction they run."""

import re
import unicodedata
from functools import lru_cache

MAX_LENGTH = 35
"""RFC 5646 section 4.4.1: what a tag needs at most; longer ones are taken for a mistake."""

_TAG = re.compile(
    r"""
    [a-z]{2,3} (?:-[a-z]{3}){0,3}                    # language: en, zh-yue
    (?:-[a-z]{4})? (?:-(?:[a-z]{2}|[0-9]{3}))?       # script, region: zh-Hant-TW, es-419
    (?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*         # variants: de-1996
    (?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*             # extensions: en-u-ca-gregory
    (?:-x(?:-[a-z0-9]{1,8})+)?                       # private use: en-x-news
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
"""RFC 5646 section 2.1. Its primary subtags of four to eight letters are unused, so "english" is a mistake; so is "utf-8",
which one of 274 real feeds says, for "8" would begin an extension."""


def tag(text: str | None) -> str | None:
    """Read a language tag (BCP 47) in the spelling it has; None where it is none.

    "en_US", as locales are written, is meant as "en-US". Accepts its own answer unchanged.
    """
    candidate = (text or "").strip().replace("_", "-")
    return candidate if len(candidate) <= MAX_LENGTH and _is_tag(candidate) else None


@lru_cache(maxsize=256)
def _is_tag(candidate: str) -> bool:
    return _TAG.fullmatch(candidate) is not None


_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he iw ps sd ug ur yi".split())
_MAY_RUN_LEFT = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""Every letter of the bidirectional classes R and AL, and some others: where none is found, there is nothing to count. Asking
for the class of every letter took a sixth of what a feed of fifty entries costs, and a third of the page of a large story."""


def direction(language: str | None, text: str) -> str:
    """Give the HTML `dir` for a text: "rtl", or "auto" where the browser's look at the first letter will do.

    It will not do for an Arabic headline that begins with a Latin name. The language decides, else what most letters are.
    """
    if (language or "").lower().partition("-")[0] in _RIGHT_TO_LEFT:
        return "rtl"
    if text.isascii() or _MAY_RUN_LEFT.search(text) is None:
        return "auto"
    kinds = [unicodedata.bidirectional(letter) for letter in text]
    return "rtl" if sum(kind in {"R", "AL"} for kind in kinds) > kinds.count("L") else "auto"
