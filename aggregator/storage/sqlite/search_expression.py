"""A search as an expression of FTS5 (https://sqlite.org/fts5.html, section 3)."""

from collections.abc import Iterable, Sequence

from aggregator.model.search import Search, Term
from aggregator.text.terms import phrase


def expression(asked: Search) -> str | None:
    """Give the expression for what has all that is required, and nothing that is excluded; None where nothing is required."""
    words, without = required(asked.words), any_term(asked.without)
    return f"({words}) NOT ({without})" if words and without else words


def required(groups: Iterable[Sequence[Term]]) -> str | None:
    """Give the expression for one of the terms of every group; None where nothing is required.

    It consists of quoted strings of letters and digits, whatever the terms hold.
    """
    return " AND ".join(f"({each})" for group in groups if (each := any_term(group))) or None


def any_term(terms: Iterable[Term]) -> str | None:
    """Give the expression for any of these terms; None where there is none."""
    return " OR ".join(each for term in terms if (each := _one(term))) or None


def of_column(column: str, term: Term) -> str | None:
    """Give the expression for a term in one column; None where the term is empty."""
    words = _words(term)
    return words and f"{column} : {words}"


def _one(term: Term) -> str | None:
    return of_column("headline", term) if term.in_headline else _words(term)


def _words(term: Term) -> str | None:
    asked = phrase(term.text, begins=term.begins)
    return f'"{" ".join(asked.terms)}"' + ("*" if asked.begins else "") if asked else None
