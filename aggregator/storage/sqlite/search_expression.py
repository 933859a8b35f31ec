"""A search as an expression of FTS5 (https://sqlite.org/fts5.html, section 3)."""

from collections.abc import Iterable, Sequence

from aggregator.model.search import Term
from aggregator.text.terms import phrase


def required(groups: Iterable[Sequence[Term]]) -> str | None:
    """Give the expression for one of the terms of every group; None where nothing is required.

    It consists of quoted strings of letters and digits, whatever the terms hold.
    """
    return " AND ".join(f"({each})" for group in groups if (each := any_term(group))) or None


def any_term(terms: Iterable[Term]) -> str | None:
    """Give the expression for any of these terms; None where there is none."""
    return " OR ".join(each for term in terms if (each := _one(term))) or None


def _one(term: Term) -> str | None:
    asked = phrase(term.text, begins=term.begins)
    if asked is None:
        return None
    column = "headline : " if term.in_headline else ""
    return f'{column}"{" ".join(asked.terms)}"' + ("*" if asked.begins else "")
