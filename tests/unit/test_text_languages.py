"""Languages: what feeds and people write for one."""

import pytest

from aggregator.text.languages import tag


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("en", "en"),
        ("ar-SA", "ar-SA"),
        ("zh-Hant", "zh-Hant"),
        ("en_US", "en-US"),
        (" de\n", "de"),
        ("de-1996", "de-1996"),
    ],
)
def test_a_tag_is_read_in_its_own_spelling(text: str, expected: str) -> None:
    assert tag(text) == expected
    assert tag(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "!",
        "e",
        "english",
        "en-",
        "-en",
        "en--us",
        "en us",
        "\u0435n",
        "en-abcdefghi",
        'en"><b>',
        "en" + "-x" * 17,
    ],
)
def test_what_is_no_tag_is_none(text: str | None) -> None:
    assert tag(text) is None
