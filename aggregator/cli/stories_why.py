"""`aggregator stories explain`."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import click

from aggregator import bootstrap, story_parts
from aggregator.cli.options import Place, pass_place
from aggregator.cli.stories_known import story_database, story_number, whole_story
from aggregator.cli.stories_said import entry_as_json, entry_lines, headed, line_as_json
from aggregator.cli.wording import counted
from aggregator.clock import SystemClock
from aggregator.config.model import Configuration
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import Apart, Pinned, Ruling, Story, StoryMember, Together, Veto
from aggregator.services.story_rulings import Reasons, StoryRulings


@dataclass(frozen=True, slots=True, kw_only=True)
class _Why:
    """Why an entry is in its story."""

    member: StoryMember
    score: float | None
    """None for who came first, in a story of which only is known what was said of each entry when it was placed."""
    words: tuple[str, ...]
    vetoes: tuple[Veto, ...]


@click.command(short_help="Say why the entries of a story are together.")
@click.argument("story", metavar="ID")
@click.option("--json", "in_json", is_flag=True, help="Print the reasons as JSON.")
@pass_place
def explain(place: Place, story: str, *, in_json: bool) -> None:
    """Say for each entry of the story ID how like it is to the others, and which words they share.

    Beside that: which other stories it was like, and what kept it out of them; and what people have ruled. Of an open story
    the likeness is that of today; of a closed one, that of when the entry was placed, which is none (null) for the first one.
    """
    configuration = place.configuration()
    found, reasons = asyncio.run(_look(place, configuration, story_number(story)))
    if in_json:
        click.echo(json.dumps(as_reasons(found, reasons), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(explained(found, reasons, configuration.site.timezone)))


async def _look(place: Place, configuration: Configuration, story_id: StoryId) -> tuple[Story, Reasons]:
    published = await whole_story(place, story_id)
    async with bootstrap.open_store(story_database(place)) as store:
        rulings = StoryRulings(
            store, SystemClock(), configuration.stories.settings, story_parts.story_vectors(configuration)
        )
        return published.story, await rulings.reasons(story_id)


def _why(member: StoryMember, reasons: Reasons) -> _Why:
    """Take what the engine says now, where it says something, else what it said when it placed the entry."""
    now = reasons.placements.get(member.entry.id)
    if now is None:
        score = None if member.came_first else member.score
        return _Why(member=member, score=score, words=member.words, vetoes=member.vetoes)
    vetoes = tuple(dict.fromkeys((*member.vetoes, *now.vetoes)))
    return _Why(member=member, score=now.score, words=now.words or member.words, vetoes=vetoes)


def explained(story: Story, reasons: Reasons, zone: tzinfo) -> Iterator[str]:
    """Say why entries are together, line by line; times in `zone`."""
    whys = [_why(member, reasons) for member in story.members]
    yield from headed(story, zone)
    for why in whys:
        yield ""
        yield from entry_lines(why.member.entry, zone)
        yield f"      {_reason(why, reasons.size)}"
        yield from (f"      kept out of story {veto.story}: {veto.reason}" for veto in why.vetoes)
    if reasons.size > len(whys):
        yield ""
        yield f"Not shown: {counted(reasons.size - len(whys), 'entry', 'entries')} of feeds that feeds.yaml does not list now."
    if reasons.rulings:
        yield ""
        yield "What people have ruled:"
    for ruling in reasons.rulings:
        yield f"  {_ruled(ruling)}"


def _reason(why: _Why, size: int) -> str:
    """Say it; `size` is how many entries the story has, those that are not shown included."""
    if size == 1:
        return "alone: nothing was like it enough"
    if why.score is None:
        return "came first: no other entry of the story was placed before it"
    shared = f"; shares {', '.join(why.words)}" if why.words else ""
    return f"{why.score:.0%} like the others{shared}"


def _ruled(ruling: Ruling) -> str:
    match ruling:
        case Together(entries=entries):
            return f"together: entries {_listed(entries)}"
        case Pinned(entries=entries):
            return f"pinned: entries {_listed(entries)}"
        case Apart(entries=entries, others=others) if others:
            return f"apart: entries {_listed(entries)} from {_listed(others)}"
        case Apart(entries=entries):
            return f"no longer pinned: entries {_listed(entries)}"


def _listed(entries: frozenset[EntryId]) -> str:
    return ", ".join(map(str, sorted(entries)))


def as_reasons(story: Story, reasons: Reasons) -> dict[str, Any]:
    """Give why entries are together, for programs; times in UTC."""
    return {
        **line_as_json(story),
        "entries": [
            {
                **entry_as_json(why.member.entry),
                "score": None if why.score is None else round(why.score, 3),
                "words": why.words,
                "vetoes": [{"story_id": veto.story, "reason": veto.reason} for veto in why.vetoes],
            }
            for why in (_why(member, reasons) for member in story.members)
        ],
        "rulings": [_ruling_as_json(ruling) for ruling in reasons.rulings],
    }


def _ruling_as_json(ruling: Ruling) -> dict[str, object]:
    others = sorted(ruling.others) if isinstance(ruling, Apart) else []
    return {"kind": type(ruling).__name__.lower(), "entries": sorted(ruling.entries), "others": others}
