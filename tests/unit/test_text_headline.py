"""Headlines: which spellings are one headline, which are two, and which tell too little."""

import pytest

from aggregator.text.headline import MAX_LENGTH, is_telling, normalise

PUBLISHERS = ("BBC", "The Guardian", "reuters.com", "Daily Star")


@pytest.mark.parametrize(
    "headline",
    [
        "River rises in three towns", "RIVER RISES IN THREE TOWNS!", "“River rises” in three towns…", "River&nbsp;rises in three towns", "River rises in three towns - Reuters",
        "River rises in three towns | BBC News", "River rises in three towns – The Guardian", "River rises in three towns — Al Jazeera", "River rises in three towns : NPR",
        "River rises in three towns - www.bbc.co.uk", "River rises in three towns (Reuters)", "River rises in three towns: Guardian", "River rises in three towns - Reuters | BBC News",
        "Reuters - River rises in three towns", "Guardian: River rises in three towns", "BBC News | River rises in three towns",
        "UPDATE 2-River rises in three towns", "RPT-UPDATE 1-River rises in three towns", "WRAPUP 3-River rises in three towns", "CORRECTED-River rises in three towns",
        "BREAKING: River rises in three towns", "Breaking News - River rises in three towns", "WATCH: River rises in three towns", "EXCLUSIVE: River rises in three towns",
        "Live: River rises in three towns", "LIVE UPDATES: River rises in three towns", "[Video] River rises in three towns", "عاجل: River rises in three towns",
        "River rises in three towns (VIDEO)", "River rises in three towns [PHOTOS]", "River rises in three towns (updated)", "River rises in three towns – video", "River rises in three towns – live",
        "River rises in three towns - live updates", "River rises in three towns – as it happened | BBC", "Ｒｉｖｅｒ rises in three towns", "Rivér rïses in three towns",
    ],
)  # fmt: skip
def test_spellings_of_one_headline_have_one_key(headline: str) -> None:
    assert normalise(headline, PUBLISHERS) == "river rises in three towns"


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("AT&amp;amp;T buys Foo", "at t buys foo"), ("Trump’s visit", "trumps visit"), ("1,000 dead; 3,5 per cent", "1000 dead 3.5 per cent"), ("Score 2–1 at 10:30 on 9/11", "score 2-1 at 10:30 on 9/11"),
        ("5 % mehr", "5% mehr"), ("€ 5 bn", "€5 bn"), ("Covid-19 wave", "covid 19 wave"), ("أحمد يصل إلى القاهرة", "احمد يصل الي القاهره"), ("عاجل | أحمد يصل", "احمد يصل"),
        ("【速報】東京で地震", "東京で地震"), ("快讯：东京地震", "东京地震"), ("Update 2-1 win for City", "update 2-1 win for city"), ("EN DIRECT - La crue", "la crue"), ("+++ Eilmeldung +++ Die Flut", "die flut"),
    ],
)  # fmt: skip
def test_a_key_is_plain(headline: str, expected: str) -> None:
    assert normalise(headline) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MICRON CROSSES $900B", "SK HYNIX CROSSES $900B"), ("Prices rise 5.1", "Prices rise 51"), ("Shares -5% today", "Shares 5% today"), ("Costs $5m", "Costs €5m"), ("Rate at 5", "Rate at 5%"),
        ("Shares −5% today", "Shares 5% today"), ("Win 2-1", "Win 21"), ("At 10:30", "At 1030"), ("Rebels left: Reuters", "Rebels left"), ("Talks - Damascus", "Talks"), ("が", "か"),
    ],
)  # fmt: skip
def test_different_headlines_have_different_keys(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_only_a_publisher_that_is_meant_is_taken_off() -> None:
    headline = "River rises - Daily Star"
    assert normalise(headline, PUBLISHERS) == "river rises"
    assert normalise(headline, ["Evening Post"]) == "river rises daily star"


def test_an_agency_behind_a_bare_colon_is_part_of_the_sentence_unless_it_is_the_publisher() -> None:
    assert normalise("Rebels have left: Reuters") == "rebels have left reuters"
    assert normalise("Rebels have left: Reuters", ["Reuters"]) == "rebels have left"


@pytest.mark.parametrize(
    ("headline", "expected"),
    [
        ("Iraq-Iran talks - live", "iraq iran talks"), ("LIVE UPDATES:", "live updates"), ("BBC News", "bbc news"), ("Reuters - BBC", "reuters"), ("(VIDEO)", "video"), ("Live", "live"), ("Breaking: live", "live"),
        ("UPDATE 2-", "update 2"), ("???", "???"), ("", ""), ("&", "&"),
    ],
)  # fmt: skip
def test_something_is_always_left(headline: str, expected: str) -> None:
    assert normalise(headline, PUBLISHERS) == expected


@pytest.mark.parametrize(
    "headline",
    ["Queen Elizabeth dies", "River rises in three towns", "War breaks out again in Sudan", "وصول أحمد القاهرة", "東京都で地震が発生した", "Überschwemmung trifft Altstadt", "한국 대통령 방문"],
)  # fmt: skip
def test_a_headline_that_tells_something(headline: str) -> None:
    assert is_telling(normalise(headline))


@pytest.mark.parametrize(
    "headline",
    [
        "Your Monday briefing", "Weather forecast", "News in pictures", "Letters to the editor", "Morning briefing: Tuesday 3 March 2026", "Open thread", "The week in review", "Cryptic crossword No 12,345",
        "Corrections", "Top stories today", "5 things to know for March 3", "Le journal de 20 heures", "Wetter am Montag", "Noticias de la mañana", "نشرة الأخبار اليوم", "حالة الطقس", "今日の天気", "", "2019", "It is what it is",
        "River rises", "Live", "a b c d", "River river river",
    ],
)  # fmt: skip
def test_a_headline_that_recurs_or_is_too_short(headline: str) -> None:
    assert not is_telling(normalise(headline))


@pytest.mark.parametrize(
    "text", ["A" * 500_000, "UPDATE 2-" * 60_000, " - BBC" * 90_000, "BREAKING: " * 50_000, "(VIDEO)" * 70_000, "&amp;" * 100_000, "&#" + "9" * 500_000, ": " * 250_000, "|" * 500_000, "\ufdfa" * 500_000, "a\u0301\u0316" * 160_000, "-5%" * 170_000, "5," * 250_000]
)  # fmt: skip
def test_half_a_megabyte_of_headline_has_a_bounded_key(text: str) -> None:
    key = normalise(text, PUBLISHERS)
    assert len(key) <= MAX_LENGTH
    assert normalise(key, PUBLISHERS) == key
    assert is_telling(text * 2) in {True, False}
