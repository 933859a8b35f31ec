"""`replay`: a file in, an answer a line out."""

import json
from collections.abc import Iterator
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


def test_one_event_under_two_headlines_is_one_story_called_by_its_first_entry() -> None:
    found = answers(
        line(id="a", title="Strong earthquake strikes northern Japan, tsunami warning issued"),
        line(id="b", title="Café owners protest new tax", timestamp=1_600_000_900),
        line(id="c", title="Tsunami warning after strong earthquake hits northern Japan", timestamp=1_600_003_600),
    )
    assert [answer["story"] for answer in found] == ["a", "b", "a"]
    assert [answer["copy_of"] for answer in found] == [None, None, None]


def test_related_stories_are_named_by_their_keys_and_never_include_the_story_itself() -> None:
    found = answers(
        line(id="a", title="Judge grants bail to former minister in graft case"),
        line(id="b", title="Judge denies bail to former minister in graft case", timestamp=1_600_003_600),
    )
    assert [(answer["story"], answer["related"]) for answer in found] == [("a", ["b"]), ("b", ["a"])]


@pytest.mark.slow
def test_answers_come_as_soon_as_they_are_final_and_not_only_at_the_end() -> None:
    read = 0

    def lines() -> Iterator[str]:
        nonlocal read
        for number in range(3000):
            read += 1
            yield line(
                id=number, title=f"Parliament votes on bill number {number}", timestamp=1_600_000_000 + number * 3600
            )

    first = next(iter(replay(lines(), file="in.jsonl", window=WINDOW)))
    assert json.loads(first)["id"] == 0
    assert read < 1000


@pytest.mark.slow
def test_an_id_may_come_again_when_the_first_has_long_been_answered() -> None:
    many = [
        line(id=number % 2000, title=f"Bill {number} passes", timestamp=1_600_000_000 + number * 3600)
        for number in range(2100)
    ]
    assert len(answers(*many)) == 2100


def test_the_answers_do_not_depend_on_when_they_were_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    titles = (
        "Iran tanker seized in Hormuz",
        "Tanker seized by Iran",
        "Storm hits Chile",
        "Chile storm leaves two dead",
    )
    many = [
        line(id=number, title=f"{titles[number % 4]} {number // 40}", timestamp=1_600_000_000 + number * 5000)
        for number in range(600)
    ]
    whole = answers(*many)
    monkeypatch.setattr("aggregator.services.replay.ASKED", 1)
    assert answers(*many) == whole
