import pytest

from aggregator.feeds.raw import Title
from aggregator.feeds.titles import cut_line, plain_name, plain_title


def rss(value: str) -> str:
    return plain_title(Title(value=value, is_html=False, may_hold_markup=True))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x < y", "x < y"),
        ("<3 of summer", "<3 of summer"),
        ("if a<b and c>d", "if a<b and c>d"),
        ("Vec<String> explained", "Vec<String> explained"),
        ("<b>Bold</b> news", "Bold news"),
        ('See <a href="https://x.example/">this</a>', "See this"),
        ("one<br/>two", "one two"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("It&#8217;s &#x201c;it&#x201d;", "It’s “it”"),
        ("caf&eacute; &notanentity;", "café &notanentity;"),
        ("AT&T", "AT&T"),
        ("Q&A; answers", "Q&A; answers"),
        ("two\n lines\u2028three", "two lines three"),
        ("&#99999999;", "&#99999999;"),
    ],
)
def test_a_title_whose_type_nobody_gave_loses_known_tags_only(value: str, shown: str) -> None:
    assert rss(value) == shown


def test_a_title_that_is_text_stays_as_it_is() -> None:
    assert (
        plain_title(Title(value="The <b> tag &amp; I", is_html=False, may_hold_markup=False)) == "The <b> tag &amp; I"
    )


def test_a_title_that_is_html_gives_its_words() -> None:
    assert plain_title(Title(value="<p>The &lt;b&gt; tag</p>", is_html=True, may_hold_markup=True)) == "The <b> tag"


def test_no_title_is_the_empty_title() -> None:
    assert plain_title(None) == ""


def test_an_endless_line_is_cut() -> None:
    line = cut_line("a" * 5000)
    assert len(line) == 1000
    assert line.endswith("…")


def test_a_name_is_plain_text() -> None:
    assert plain_name(" <b>Jos&eacute;</b>\n R. ") == "José R."
