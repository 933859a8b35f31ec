"""The number of the rules that make the search index: an index of other rules is made anew only where it differs."""

from hashlib import sha256

from aggregator.storage.sqlite.search_index import RULES
from aggregator.text.terms import search_terms

SAMPLE = (
    "Café CAFÉ cafe\u0301 Straße ﬁnance naïve İstanbul Ελλάς Россия ёлка U.S. AT&T 3.5% don't don\u2019t e-mail C++ #tag @name"
    " القاهرة الْقَاهِرَة أإآا ىي ةه ـــ ۱۲۳ हिन्दी ไทยแลนด์ 東京都知事 新しい ニュース ﾆｭｰｽ 한국어 뉴스 😀 snake_case 1,000,000 a\u200cb"
    f" {'x' * 70} ﷺ עִבְרִית 𑀅𑀆𑁣 z{chr(0x301) * 9} \u1cf2 ㍿ 1st ½ ² Ⅷ ſ ĳ"
)
"""A bit of every script and of every case that rules for words differ in. Their letters are older than every Unicode table
in use, and what normalisation makes of such does not change (UAX 15, section 3)."""

TERMS = {1: "fba3e037ffffdfa5ef955b7070be564ade9657e5c12296c653f8aeabcd525298"}
"""Hashes of the sample's terms, by the number of the rules. One that was released is never changed: there are indexes."""


def test_other_terms_have_another_number() -> None:
    terms = search_terms(SAMPLE)
    found = sha256(terms.encode()).hexdigest()
    assert TERMS.get(RULES) == found, f"raise RULES and note {found!r}: words are found as {terms}"


def test_no_number_is_used_twice() -> None:
    assert len(set(TERMS.values())) == len(TERMS) == RULES
