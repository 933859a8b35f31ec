"""Languages: what feeds and people write for one."""

import pytest

from aggregator.text.languages import direction, tag


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("en", "en"),
        ("ar-SA", "ar-SA"),
        ("zh-Hant", "zh-Hant"),
        ("en_US", "en-US"),
        (" de\n", "de"),
        ("de-1996", "de-1996"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("en-u-ca-gregory", "en-u-ca-gregory"),
        ("en-GB-x-news", "en-GB-x-news"),
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
        "utf-8",
        "en-u",
        "en-x",
        'en"><b>',
        "en" + "-x" * 17,
    ],
)
def test_what_is_no_tag_is_none(text: str | None) -> None:
    assert tag(text) is None


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ar", "BBC", "rtl"),
        ("ar-EG", "", "rtl"),
        (None, "BBC: البرلمان يقر قانون الميناء", "rtl"),
        (None, "Parliament passes bill (البرلمان)", "auto"),
        ("en", "Parliament", "auto"),
        (None, "", "auto"),
        (None, "2026", "auto"),
    ],
)
def test_a_text_runs_as_its_language_does_else_as_most_of_its_letters(
    language: str | None, text: str, expected: str
) -> None:
    assert direction(language, text) == expected
