"""What searches mean, and what is said of those that mean nothing."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from aggregator.errors import QueryError
from aggregator.model.ids import EntryId
from aggregator.model.search import Name, Rank, Scope, Search, SearchQuery, Sort, Term
from aggregator.text.names import meant
from aggregator.text.search_language import MOST_ATOMS, parse


def word(text: str, *, begins: bool = False, in_headline: bool = False) -> Term:
    return Term(text=text, begins=begins, in_headline=in_headline)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iraq talks", Search(words=((word("iraq"),), (word("talks"),)))),
        ('"prime minister" talks', Search(words=((word("prime minister"),), (word("talks"),)))),
        ("“prime minister”", Search(words=((word("prime minister"),),))),
        ("iraq -talks", Search(words=((word("iraq"),),), without=(word("talks"),))),
        ('iraq -"peace talks"', Search(words=((word("iraq"),),), without=(word("peace talks"),))),
        ("a OR b c", Search(words=((word("a"), word("b")), (word("c"),)))),
        ("a OR b OR c", Search(words=((word("a"), word("b"), word("c")),))),
        ('"OR" or', Search(words=((word("OR"),), (word("or"),)))),
        ("minist*", Search(words=((word("minist", begins=True),),))),
        ('"prime minist"*', Search(words=((word("prime minist", begins=True),),))),
        ("title:iraq", Search(words=((word("iraq", in_headline=True),),))),
        ('HEADLINE:"peace talks"', Search(words=((word("peace talks", in_headline=True),),))),
        ("iraq -title:talks", Search(words=((word("iraq"),),), without=(word("talks", in_headline=True),))),
        ("title:minist*", Search(words=((word("minist", begins=True, in_headline=True),),))),
        ('publisher:"Arab News"', Search(within=((Name(scope=Scope.PUBLISHER, text="Arab News"),),))),
        (
            "feed:a OR feed:b",
            Search(within=((Name(scope=Scope.FEED, text="a"), Name(scope=Scope.FEED, text="b")),)),
        ),
        (
            "iraq -category:Sport",
            Search(words=((word("iraq"),),), outside=(Name(scope=Scope.CATEGORY, text="Sport"),)),
        ),
        ("after:2018-09-02", Search(since=date(2018, 9, 2))),
        ("after:2018-09 before:2018-10", Search(since=date(2018, 9, 1), before=date(2018, 10, 1))),
        ('before:"2018-10" before:2018-11', Search(before=date(2018, 10, 1))),
        ("after:2018-10 after:2018-11", Search(since=date(2018, 11, 1))),
        ("https://news.example/x 12:30", Search(words=((word("https://news.example/x"),), (word("12:30"),)))),
        ("AT & T -", Search(words=((word("AT"),), (word("T"),)))),
        ("(iraq OR iran) war", Search(words=((word("(iraq"), word("iran)")), (word("war"),)))),
        ("東京 OR 大阪", Search(words=((word("東京"), word("大阪")),))),
        ("السعودية\u202e", Search(words=((word("السعودية"),),))),
    ],
)
def test_a_search_is_taken_apart(text: str, expected: Search) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('iraq "prime minister', 'column 6: this quote is not closed; expected another "'),
        ("iraq OR", "column 8: expected a word after OR"),
        ("OR iraq", "column 1: expected a word before OR"),
        ("a OR OR b", "column 6: expected a word before OR"),
        ("a OR -b", "column 6: OR can't join what is excluded; expected words without -"),
        ("-a OR b", "column 7: OR can't join what is excluded; expected words without -"),
        (
            "feed:a OR b",
            "column 11: OR joins words with words, or names of one kind; expected the same kind as before OR",
        ),
        ("x feed:a OR publisher:b", "column 13: OR joins words with words"),
        ("iraq before:yesterday", "column 6: 'yesterday' is not a day; expected before:YYYY-MM-DD or before:YYYY-MM"),
        ("after:2018-02-30", "column 1: '2018-02-30' is not a day"),
        ("-after:2018", "column 1: after: can't be excluded"),
        ("iraq publisher: Reuters", "column 6: expected a value right after publisher:, without a space between"),
        ("publsher:Reuters", "column 1: there is no publsher:; did you mean publisher:?"),
        ('site:"x"', "column 1: there is no site:; expected one of title, headline, publisher"),
        ('feed:"!"', "column 1: expected a name after feed:"),
        ('title:"!"', "column 1: expected words of a headline after title:"),
        ("iraq mi*", "column 6: expected at least 3 letters before *"),
        ("-iraq", "'-iraq' has no word to search for; what is excluded must be taken from something"),
        ("!!!", "'!!!' has no word to search for"),
        ("", "'' has no word to search for"),
        ("x " * (MOST_ATOMS + 1), "column 65: expected at most 32 words"),
        ("x" * 1001, "the search has 1,001 characters; expected 1,000 at most"),
    ],
)
def test_what_is_no_search_is_refused_with_its_place_and_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(text)
    assert str(refused.value).startswith(said)


def test_days_begin_where_the_site_is() -> None:
    since, until = parse("after:2018-09-02 before:2018-10").bounds(ZoneInfo("Asia/Beirut"))
    assert since == datetime(2018, 9, 1, 21, tzinfo=UTC)
    assert until == datetime(2018, 9, 30, 21, tzinfo=UTC)


def test_the_first_day_of_all_can_be_asked_for() -> None:
    since, _ = parse("x after:0001-01").bounds(ZoneInfo("Asia/Beirut"))
    assert since == datetime(1, 1, 1, tzinfo=UTC)
    assert parse("x").bounds(ZoneInfo("Asia/Beirut")) == (None, None)


def test_without_words_the_newest_come_first_whatever_is_asked() -> None:
    assert SearchQuery(asked=parse("word"), sort=Sort.BEST).ranked
    assert not SearchQuery(asked=parse("feed:a"), sort=Sort.BEST).ranked
    assert not SearchQuery(asked=parse("word"), sort=Sort.NEWEST).ranked


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Arab News", ["Arab News"]),
        ("arab", ["Arab News", "The Arab Weekly"]),
        ("ARAB  news", ["Arab News"]),
        ("news arab", []),
        ("ara", []),
        ("le figaro", ["Le Fígaro"]),
        ("!", []),
    ],
)
def test_a_name_is_meant_by_its_spelling_or_else_by_words_of_it(text: str, names: list[str]) -> None:
    assert meant(text, ["Arab News", "The Arab Weekly", "Le Fígaro"]) == names


def test_a_whole_name_goes_before_a_part_of_another() -> None:
    assert meant("arab news", ["Arab News Sport", "Arab News"]) == ["Arab News"]


@pytest.mark.parametrize("text", ["", "!", "MQ", "MSsy", "LTErMg", "MSstMg", "OTIyMzM3MjAzNjg1NDc3NTgwOCsx", "é"])
def test_a_mark_that_no_page_made_is_refused(text: str) -> None:
    if text == "MSsy":
        assert Rank.from_text(text) == Rank(newest=EntryId(1), given=2)
        assert str(Rank(newest=EntryId(1), given=2)) == text
        return
    with pytest.raises(QueryError, match="not the mark of a page"):
        Rank.from_text(text)
