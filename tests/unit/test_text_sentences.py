"""The first sentences of a text."""

import pytest

from aggregator.text.sentences import first_sentences

WORDS = "word " * 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rain fell. Rivers rose. Nobody was hurt.", "Rain fell. Rivers rose."),
        (
            "Mr. Smith flew to the U.S. on Monday. He is back. More.",
            "Mr. Smith flew to the U.S. on Monday. He is back.",
        ),
        (
            "It costs 3.50 dollars at example.com today. Really! Yes.",
            "It costs 3.50 dollars at example.com today. Really!",
        ),
        ("Das war am 3. Oktober 2020 so. Heute nicht. Ende.", "Das war am 3. Oktober 2020 so. Heute nicht."),
        ('He said: "Stop." Then he left. Nobody knows why.', 'He said: "Stop." Then he left.'),
        ("Wait... what is this? Nothing. No.", "Wait... what is this? Nothing."),
        ("東京で地震。津波はない。三番目。", "東京で地震。津波はない。"),
        ("「はい。」と言った。次。三番目。", "「はい。」と言った。"),
        ("مرحبا بكم؟ نعم. لا.", "مرحبا بكم؟ نعم."),
        ("یہ پہلا ہے۔ دوسرا۔ تیسرا۔", "یہ پہلا ہے۔ دوسرا۔"),
        ("यह एक है। दूसरा। तीसरा।", "यह एक है। दूसरा।"),
        ("One sentence that never ends", "One sentence that never ends"),
        ("", ""),
    ],
)
def test_sentences_end_where_their_script_says(text: str, expected: str) -> None:
    assert first_sentences(text) == expected


@pytest.mark.parametrize("end", ["...", "…", "[…]", "[...]", "[+2041 chars]"])
def test_a_sentence_that_the_feed_broke_off_is_left_out(end: str) -> None:
    assert first_sentences(f"The first is whole. The minister Chris Hipkins {end}") == "The first is whole."
    assert first_sentences(f"The minister Chris Hipkins {end}") == f"The minister Chris Hipkins {end}"


def test_where_no_sentence_fits_words_are_given() -> None:
    assert first_sentences(WORDS, length=22) == "word word word word…"


def test_a_short_first_sentence_is_not_left_alone() -> None:
    assert first_sentences(f"Hello. {WORDS}", length=60).startswith("Hello. word")


def test_the_second_sentence_is_left_out_where_it_does_not_fit() -> None:
    assert (
        first_sentences(f"Rain fell all night in the north. The {WORDS}", length=60)
        == "Rain fell all night in the north."
    )


def test_lines_and_controls_become_spaces() -> None:
    assert first_sentences("Rain\r\nfell.\u2028Rivers\trose. More.") == "Rain fell. Rivers rose."
