"""The quick way to read YAML says nothing that the thorough one does not say."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from aggregator.config import plain, positions

# What the two libraries were found to disagree about, or might: breaks, tabs, block text, signs of all kinds, documents.
PIECES = (
    *("a", "b", ": ", ":", "\n", "  ", "- ", "[", "]", "{", "}", ",", "? ", " #c", "#", "a: b\n", "- a\n", "  a: 1\n"),
    *("'", '"', "''", '\\"', "\\n", "\\/", "\\x41", "\\U00110000", "|", ">", "|+\n  x\n", ">-\n x\n", "|2\n"),
    *("&a ", "*a", "!!x ", "!", "@", "`", "%", "%YAML 1.1\n", "---", "...", "-", "~", "null", "a:b", "a#b"),
    *("${NOT_SET}", "$${", "${", "${a b}", "a${PATH}b"),
    *("\t", "\r", "\r\n", "\x00", "\x7f", "\x85", "\xa0", "\u2028", "\u3000", "\ue000", "\ufeff", "\U0001f600"),
)


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=14).map("".join))
def test_what_is_read_quickly_is_read_thoroughly_and_alike(text: str) -> None:
    quick = plain.read(text)
    event("quick" if quick is not None else "given up")
    if quick is not None:
        thorough = positions.read(text, file="feeds.yaml")
        assert (thorough.root, thorough.problems, thorough.broken) == (quick, (), False)


values = st.recursive(
    st.none() | st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inside),
    max_leaves=12,
)


@pytest.mark.slow
@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), values, min_size=1))
def test_what_was_written_is_read(written: dict[str, plain.Plain]) -> None:
    assert plain.read(flow(written)) == written


def flow(value: plain.Plain) -> str:
    match value:
        case None:
            return "~"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case list():
            return f"[{', '.join(map(flow, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {flow(inside)}' for key, inside in value.items())}}}"
