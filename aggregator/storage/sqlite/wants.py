"""What feeds.yaml wants of a feed's entries, as two texts: rules apart, since a change of them is a change of what is shown."""

from datetime import timedelta
from functools import lru_cache
from typing import Any

from aggregator.model.feed import Feed
from aggregator.model.wanted import NO_FILTERS, Filters, Part, Retention, Rule
from aggregator.storage.sqlite.session import as_json, from_json


def filters_text(filters: Filters) -> str | None:
    """Write rules; None where there are none."""
    if filters == NO_FILTERS:
        return None
    fields = {
        "keep": [_rule_fields(rule) for rule in filters.keep],
        "mute": [_rule_fields(rule) for rule in filters.mute],
        "breakout": filters.breakout,
    }
    return as_json({name: value for name, value in fields.items() if value})


@lru_cache(maxsize=4096)
def filters(text: str | None) -> Filters:
    """Read what `filters_text` wrote."""
    if text is None:
        return NO_FILTERS
    fields = from_json(text, {})
    return Filters(
        keep=tuple(map(_rule, fields.get("keep", ()))),
        mute=tuple(map(_rule, fields.get("mute", ()))),
        breakout=fields.get("breakout"),
    )


def wanted_text(feed: Feed) -> str | None:
    """Write the rest; None where nothing is wanted, as of most feeds."""
    age = feed.retention.age
    fields = {
        "full_text": feed.full_text,
        "max_entries": feed.max_entries,
        "keep_seconds": age and int(age.total_seconds()),
        "keep_entries": feed.retention.entries,
        "strip_prefix": feed.strip_prefix,
        "strip_suffix": feed.strip_suffix,
    }
    return as_json({name: value for name, value in fields.items() if value})


def wanted(text: str | None) -> dict[str, Any]:
    """Read what `wanted_text` wrote, as arguments of `Feed`."""
    if text is None:
        return {}
    fields = from_json(text, {})
    age, entries = fields.pop("keep_seconds", None), fields.pop("keep_entries", None)
    retention = Retention(age=None if age is None else timedelta(seconds=age), entries=entries)
    strips = {name: tuple(fields[name]) for name in ("strip_prefix", "strip_suffix") if name in fields}
    return {**fields, **strips, "retention": retention}


def _rule_fields(rule: Rule) -> list[object]:
    return [rule.words, rule.regex, rule.fields]


def _rule(said: list[Any]) -> Rule:
    words, regex, fields = said
    return Rule(words=tuple(words), regex=regex, fields=tuple(map(Part, fields)))
