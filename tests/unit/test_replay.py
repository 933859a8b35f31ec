"""`replay`: a file in, an answer a line out."""

import json
from datetime import timedelta

import pytest

from aggregator.errors import InputError
from aggregator.services.replay import replay

WINDOW = timedelta(hours=48)


def line(**fields: object) -> str:
    return json.dumps({"id": "1", "title": "Iraq hosts military chiefs from Iran", "timestamp": 1_600_000_000} | fields)


def answers(*lines: str) -> list[dict[str, object]]:
    return [json.loads(answer) for answer in replay(lines, file="in.jsonl", window=WINDOW)]


def test_a_repeated_headline_is_a_copy_of_the_first_and_shares_its_story() -> None:
    assert answers(line(id="a", publisher="x"), line(id="b", publisher="y", timestamp=1_600_003_600)) == [
        {"id": "a", "copy_of": None, "story": "a", "related": []},
        {"id": "b", "copy_of": "a", "story": "a", "related": []},
    ]


def test_a_suffix_that_names_the_publisher_does_not_hide_a_copy() -> None:
    title = "Iraq hosts military chiefs from Iran - Example Post"
    suffixed = line(id="b", title=title, publisher="Example Post", timestamp=1_600_003_600)
    assert answers(line(id="a", publisher="x"), suffixed)[1]["copy_of"] == "a"


def test_answers_keep_the_order_and_the_kind_of_ids() -> None:
    lines = [line(id=2, title="Something else altogether happened"), "", line(id=1)]
    assert [answer["id"] for answer in answers(*lines)] == [2, 1]


def test_entries_without_publisher_count_as_of_different_ones() -> None:
    same = [line(id=number, url=f"https://site.example/{number}") for number in range(4)]
    assert [answer["copy_of"] for answer in answers(*same)] == [None, 0, 0, 0]


def test_an_id_given_twice_is_refused_with_both_lines() -> None:
    with pytest.raises(InputError, match=r"in\.jsonl:2: 'id' 'a' was given in line 1 already"):
        answers(line(id="a"), line(id="a"))


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("{", "in.jsonl:2: not a line of JSON"),
        ("[" * 100_000, "in.jsonl:2: not a line of JSON"),
        ("[]", "in.jsonl:2: expected an object"),
        (line(title=None), "in.jsonl:2: 'title' is null; expected a string"),
        (line(id=1.5), "in.jsonl:2: 'id' is 1.5; expected a string or a whole number"),
        (line(timestamp="yesterday"), "in.jsonl:2: 'timestamp' is \"yesterday\"; expected a whole number or a number"),
        (line(timestamp=10**20), "expected seconds since 1970"),
        (line(timestamp=True), "'timestamp' is true"),
    ],
)
def test_a_line_that_is_no_entry_is_named_with_what_was_expected(broken: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        answers(line(), broken)
    assert expected in str(caught.value)
