"""What feeds.yaml may say of digests."""

from datetime import time

import pytest

from aggregator.config.read import parse
from aggregator.errors import ConfigurationError
from aggregator.model.digest import DigestPlan

FEEDS = "feeds: [{url: 'https://a.example/', category: World}, {url: 'https://b.example/', category: Sport, tags: [press, x]}]"


def plans(text: str) -> tuple[DigestPlan, ...]:
    return parse(f"{text}\n{FEEDS}", file="feeds.yaml").digest_plans


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        plans(text)
    return str(caught.value)


def test_without_a_word_there_is_one_digest_a_day() -> None:
    assert plans("") == (DigestPlan(),)


def test_the_daily_digest_comes_first_and_the_others_in_order() -> None:
    found = plans(
        "digests: [{name: b, weekday: Friday, time: '17:00'}, {name: a}]\ndigest: {time: '6:30', title: Morning}"
    )
    assert [plan.name for plan in found] == ["daily", "b", "a"]
    assert (found[0].at, found[0].title, found[0].weekday) == (time(6, 30), "Morning", None)
    assert (found[1].at, found[1].weekday) == (time(17), 4)


def test_a_digest_that_is_not_enabled_is_not_made() -> None:
    assert plans("digest: {enabled: false}\ndigests: [{name: a, enabled: false}]") == ()


def test_categories_are_spelt_as_feeds_spell_them_and_nothing_stands_twice() -> None:
    text = "digest: {categories: [WORLD, world, SPORT], tags: [x, x], recipients: [a@b.example, a@b.example], weights: {sport: 2}}"
    (plan,) = plans(text)
    assert (plan.categories, plan.tags, plan.recipients) == (("World", "Sport"), ("x",), ("a@b.example",))
    assert plan.weights == {"Sport": 2.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "digest: {time: 24:00}",
            "feeds.yaml:1:16: digest.time: '24:00' is not a time of the day; write one like 06:00 or 18:30",
        ),
        ("digest: {weekday: mondy}", "digest.weekday: 'mondy' is not a day of the week; did you mean 'monday'?"),
        ("digest: {weights: {World: 11}}", "digest.weights.World: '11' is not a weight; write a number from 0 to 10"),
        ("digest: {weights: {World: -1}}", "digest.weights.World: '-1' is not a weight"),
        ("digest: {recipients: [me]}", "digest.recipients[0]: 'me' is not a mail address"),
        ("digest: {name: a}", "digest: unknown key 'name'"),
        ("digests: [{title: A}]", "digests[0].name: is required"),
        ("digests: [{name: daily}]", "digests[0].name: 'daily' is the digest that 'digest:' describes"),
        ("digests: [{name: today}]", "digests[0].name: 'today' is the address of the running day"),
        ("digests: [{name: 2018-09-02}]", "digests[0].name: '2018-09-02' is not a name"),
        ("digests: [{name: A/b}]", "digests[0].name: 'A/b' is not a name"),
        ("digests: [{name: a}, {name: a}]", "digests: 'a' is the name of 2 of them; names must differ"),
    ],
)
def test_what_is_wrong_is_said(text: str, expected: str) -> None:
    assert expected in complaint(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "digests: [{name: a, categories: [World, Sprot]}]",
            "feeds.yaml:1:41: digests[0].categories[1]: no feed has the category 'Sprot'; did you mean 'Sport'?",
        ),
        (
            "digest: {tags: [Press]}",
            "feeds.yaml:1:17: digest.tags[0]: no feed has the tag 'Press'; did you mean 'press'?",
        ),
        (
            "digest: {weights: {Wold: 2}}",
            "feeds.yaml:1:20: digest.weights.Wold: no feed has the category 'Wold'; did you mean 'World'?",
        ),
        ("digest: {categories: [Arts]}", "no feed has the category 'Arts'; there are World, Sport"),
        ("digest: {tags: [zzz]}", "no feed has the tag 'zzz'; there are press, x"),
    ],
)
def test_what_no_feed_has_is_said_with_what_was_probably_meant(text: str, expected: str) -> None:
    assert expected in complaint(text)


def test_a_mistyped_category_is_said_beside_other_mistakes() -> None:
    said = complaint("digest: {time: 24:00, categories: [Wrld], weights: {World: 11}}")
    assert "'24:00' is not a time" in said
    assert "'Wrld'; did you mean 'World'?" in said
    assert "'11' is not a weight" in said


def test_of_many_categories_ten_are_named() -> None:
    listed = ", ".join(f"{{url: 'https://{number}.example/', category: C{number}}}" for number in range(12))
    with pytest.raises(ConfigurationError, match=r"there are C0, C1, .*, C9 and 2 more"):
        parse(f"digest: {{categories: [Gardening]}}\nfeeds: [{listed}]", file="feeds.yaml")


def test_while_a_feed_cannot_be_read_nothing_is_said_to_be_of_no_feed() -> None:
    feeds = "feeds: [{url: 'https://a.example/'}, {url: nowhere, category: Arts}]"
    with pytest.raises(ConfigurationError) as caught:
        parse(f"digest: {{categories: [Arts]}}\n{feeds}", file="feeds.yaml")
    assert "is not an http(s) address" in str(caught.value)
    assert "no feed has" not in str(caught.value)


def test_a_category_of_a_disabled_feed_is_one() -> None:
    feeds = "feeds: [{url: 'https://a.example/', category: Arts, enabled: false}]"
    assert parse(f"digest: {{categories: [arts]}}\n{feeds}", file="feeds.yaml").digest_plans[0].categories == ("Arts",)
