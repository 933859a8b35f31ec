"""How commands write values into feeds.yaml."""

import pytest
import yaml

from aggregator.config.spelling import Value, spell


@pytest.mark.parametrize(
    ("value", "spelt"),
    [
        ("Arab News", "Arab News"),
        ("arabnews-com-2", "arabnews-com-2"),
        ("https://a.example/feed?a=b&c=%20#x", "https://a.example/feed?a=b&c=%20#x"),
        ("R & D", "R & D"),
        ("الشرق الأوسط", "الشرق الأوسط"),
        ("Arab: News", '"Arab: News"'),
        ("a #b", '"a #b"'),
        ('say "x"', '"say \\"x\\""'),
        ("yes", '"yes"'),
        ("2048", '"2048"'),
        ("12:30", '"12:30"'),
        ("-1", '"-1"'),
        (" x", '" x"'),
        ("", '""'),
        ("a\u2028b", '"a\\u2028b"'),
        (True, "true"),
        (["a", "b, c"], '[a, "b, c"]'),
    ],
)
def test_a_value_is_plain_where_no_reader_takes_it_for_something_else(value: Value, spelt: str) -> None:
    assert spell(value) == spelt
    assert yaml.safe_load(f"k: {spell(value)}") == {"k": value}
