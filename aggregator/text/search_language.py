"""The language of searches.

    search    = group*                      every group must hold
    group     = atom ("OR" atom)*           one of the atoms must
    atom      = ["-"] [field ":"] value     "-": must not
    value     = word | word"*" | '"' words '"' | '"' words '"*'
    field     = "title" | "headline"                    words of the headline
              | "publisher" | "category" | "feed"       names; a part will do
              | "before" | "after"                      YYYY-MM-DD or YYYY-MM

    iraq "prime minister" -football publisher:"Arab News" after:2018-09 before:2018-10

A word with signs in it (`e-mail`, `U.S.`) is a phrase. What holds no letter or digit asks for nothing and is passed over.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import NoReturn

from aggregator.errors import QueryError
from aggregator.model.search import Name, Scope, Search, Term
from aggregator.text.terms import phrase
from aggregator.text.words import one_line

MOST_CHARACTERS = 1000
"""Of a search. A longer one is a paste by mistake."""
MOST_ATOMS = 32
"""Each is looked up by itself. FTS5 refuses expressions more than 256 operators deep."""
SHORTEST_BEGINNING = 3
"""Letters before a `*`: with fewer, the index would join the lists of thousands of words."""

QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))

_FIELDS = ("title", "headline", "publisher", "category", "feed", "before", "after")
_HEADLINE = frozenset({"title", "headline"})
_DAYS = frozenset({"before", "after"})
_SCOPES = frozenset(Scope)

_ATOM = re.compile(
    r"""(?P<minus>-(?=\S))?
        (?:(?P<field>[A-Za-z]+):)?
        (?:"(?P<quoted>[^"]*)(?P<closed>")?(?P<star>\*)?|(?P<bare>[^\s"]+)|(?P<nothing>(?=\s|\Z)))""",
    re.VERBOSE,
)
_BEGINNING = re.compile(r"\S")
_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?", re.ASCII)


def parse(text: str) -> Search:
    """Take a search apart.

    Raises:
        QueryError: it is not of the language, or asks for nothing; names the column, counted from 1 in the text on one line.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f"the search has {len(text):,} characters; expected {MOST_CHARACTERS:,} at most")
    line = one_line(text).translate(QUOTES)
    groups = _grouped(list(_atoms(line)), len(line))
    search = Search(
        words=tuple(_terms(group) for group in groups if isinstance(group[0].value, Term) and not group[0].negated),
        without=tuple(atom.value for (atom, *_) in groups if isinstance(atom.value, Term) and atom.negated),
        within=tuple(_names(group) for group in groups if isinstance(group[0].value, Name) and not group[0].negated),
        outside=tuple(atom.value for (atom, *_) in groups if isinstance(atom.value, Name) and atom.negated),
        since=max(_days(groups, "after"), default=None),
        before=min(_days(groups, "before"), default=None),
    )
    if not (search.words or search.within or search.since or search.before):
        taken = "; what is excluded must be taken from something" if search.without or search.outside else ""
        raise QueryError(f"{line[:80]!r} has no word to search for{taken}")
    return search


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    field: str
    first: date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Atom:
    column: int
    negated: bool
    value: Term | Name | _Day | None
    """None: the word OR."""


def _atoms(line: str) -> Iterator[_Atom]:
    at, count = 0, 0
    while begins := _BEGINNING.search(line, at):
        at = begins.start()
        found = _ATOM.match(line, at)
        assert found is not None  # noqa: S101 -- every character begins an atom
        atom = _atom(found, at + 1)
        if atom is not None:
            count += 1
            yield atom
        if count > MOST_ATOMS:
            _refuse(at + 1, f"expected at most {MOST_ATOMS} words, phrases and conditions")
        at = found.end()


def _atom(found: re.Match[str], column: int) -> _Atom | None:
    """Read an atom; None where it holds neither letter nor digit."""
    if found[0] == "OR":
        return _Atom(column=column, negated=False, value=None)
    field, text, begins = _read(found, column)
    negated = found["minus"] is not None
    if field in _DAYS:
        if negated:
            _refuse(column, f"{field}: can't be excluded; expected it without -")
        return _Atom(column=column, negated=False, value=_Day(field=field, first=_day(field, text, column)))
    if field in _SCOPES:
        name = Name(scope=Scope(field), text=text)
        if phrase(text) is None:
            _refuse(column, f"expected a name after {field}:")
        return _Atom(column=column, negated=negated, value=name)
    if phrase(text) is None:
        if field:
            _refuse(column, f"expected words of a headline after {field}:")
        return None
    if begins:
        _long_enough(text, column)
    return _Atom(column=column, negated=negated, value=Term(text=text, begins=begins, in_headline=field in _HEADLINE))


def _read(found: re.Match[str], column: int) -> tuple[str, str, bool]:
    """Give the field ("" for none), the value, and whether its last word may go on."""
    field = (found["field"] or "").lower()
    if found["quoted"] is not None:
        if not found["closed"]:
            _refuse(found.start("quoted"), 'this quote is not closed; expected another "')
        if field and field not in _FIELDS:
            _refuse(column, f"there is no {field}:{_nearest(field)}; expected one of {', '.join(_FIELDS)}")
        return field, found["quoted"].strip(), found["star"] is not None
    bare = found["bare"] or ""
    if field in _FIELDS:
        if not bare:
            _refuse(column, f"expected a value right after {field}:, without a space between")
        begins = len(bare) > 1 and bare.endswith("*") and field not in _SCOPES | _DAYS
        return field, bare.removesuffix("*") if begins else bare, begins
    if near := _nearest(field):
        _refuse(column, f"there is no {field}:{near} Words with a colon can be written in quotes")
    whole = f"{found['field']}:{bare}" if field else bare
    begins = len(whole) > 1 and whole.endswith("*")
    return "", whole.removesuffix("*") if begins else whole, begins


def _nearest(field: str) -> str:
    near = get_close_matches(field, _FIELDS, n=1, cutoff=0.75) if field else []
    return f"; did you mean {near[0]}:?" if near else ""


def _long_enough(text: str, column: int) -> None:
    asked = phrase(text, begins=True)
    if asked and asked.begins and len(asked.terms[-1]) < SHORTEST_BEGINNING and asked.terms[-1].isalnum():
        _refuse(column, f"expected at least {SHORTEST_BEGINNING} letters before *")


def _day(field: str, text: str, column: int) -> date:
    found = _DAY.fullmatch(text)
    if found:
        with suppress(ValueError):
            return date(int(found[1]), int(found[2]), int(found[3] or 1))
    raise _refusal(column, f"{text[:40]!r} is not a day; expected {field}:YYYY-MM-DD or {field}:YYYY-MM")


def _grouped(atoms: list[_Atom], length: int) -> list[list[_Atom]]:
    """Join what OR stands between."""
    groups: list[list[_Atom]] = []
    joining: _Atom | None = None
    for atom in atoms:
        if atom.value is None:
            if joining or not groups:
                _refuse(atom.column, "expected a word before OR")
            joining = atom
        elif joining:
            _alike(groups[-1][0], atom)
            groups[-1].append(atom)
            joining = None
        else:
            groups.append([atom])
    if joining:
        _refuse(length + 1, "expected a word after OR")
    return groups


def _alike(first: _Atom, atom: _Atom) -> None:
    if first.negated or atom.negated:
        _refuse(atom.column, "OR can't join what is excluded; expected words without -")
    if isinstance(first.value, Term) and isinstance(atom.value, Term):
        return
    if isinstance(first.value, Name) and isinstance(atom.value, Name) and first.value.scope == atom.value.scope:
        return
    _refuse(atom.column, "OR joins words with words, or names of one kind; expected the same kind as before OR")


def _terms(group: list[_Atom]) -> tuple[Term, ...]:
    return tuple(atom.value for atom in group if isinstance(atom.value, Term))


def _names(group: list[_Atom]) -> tuple[Name, ...]:
    return tuple(atom.value for atom in group if isinstance(atom.value, Name))


def _days(groups: list[list[_Atom]], field: str) -> list[date]:
    values = (atom.value for group in groups for atom in group)
    return [value.first for value in values if isinstance(value, _Day) and value.field == field]


def _refuse(column: int, message: str) -> NoReturn:
    raise _refusal(column, message)


def _refusal(column: int, message: str) -> QueryError:
    return QueryError(f"column {column}: {message}")
