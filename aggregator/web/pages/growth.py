"""How a story's coverage grew: the numbers, a line to draw, and a sentence that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model.story import StoryMember

WIDTH = 600
HEIGHT = 100
"""Of the drawing, in units of its own: the page stretches it."""
_EDGE = 4
"""Room for half the width of the line."""
_MINUTE = timedelta(minutes=1)
_UNITS = (
    ("days", timedelta(days=1), timedelta(days=3)),
    ("h", timedelta(hours=1), timedelta(hours=2)),
    ("min", _MINUTE, _MINUTE),
)
"""Name, length, and from which age on it is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A picture of coverage, a step for every publisher."""

    line: str
    """Path data (SVG 2 section 9.3): rises where another publisher comes in."""
    area: str
    """What lies under the line."""
    dots: str
    """A point where each publisher came in."""
    sentence: str
    """`1 publisher at first, 2 after 10 min, 5 after 3 h`: where coverage had at least doubled, and where it ended."""
    first_at: datetime
    last_at: datetime
    """When the last publisher came in."""


def growth(members: Sequence[StoryMember]) -> Growth | None:
    """Draw how many publishers had a story when; None where one alone has it, or all came in at one time.

    Args:
        members: of the story, earliest `listed_at` first.
    """
    firsts: dict[str, datetime] = {}
    for member in members:
        firsts.setdefault(member.entry.publisher, member.entry.listed_at)
    times = list(firsts.values())
    if len(times) < 2 or times[-1] == times[0]:  # noqa: PLR2004 - two points make a line
        return None
    points = _points(times)
    line = f"M{points[0][0]} {points[0][1]}" + "".join(f"H{x}V{y}" for x, y in points[1:])
    return Growth(
        line=line,
        area=f"{line}V{HEIGHT}H{points[0][0]}Z",
        dots="".join(f"M{x} {y}h0" for x, y in points),
        sentence=_sentence(times),
        first_at=times[0],
        last_at=times[-1],
    )


def _points(times: Sequence[datetime]) -> list[tuple[int, int]]:
    whole = times[-1] - times[0]
    rise = (HEIGHT - 2 * _EDGE) / len(times)
    return [
        (round(_EDGE + (WIDTH - 2 * _EDGE) * ((at - times[0]) / whole)), round(HEIGHT - _EDGE - rise * count))
        for count, at in enumerate(times, 1)
    ]


def _sentence(times: Sequence[datetime]) -> str:
    # Of several who come in at one time only the last counts.
    counts = {at: count for count, at in enumerate(times, 1)}
    told = counts.pop(times[0])
    parts = [f"{told} {'publisher' if told == 1 else 'publishers'} at first"]
    for at, count in counts.items():
        if count >= 2 * told or count == len(times):
            parts.append(f"{count} {_after(at - times[0])}")
            told = count
    return ", ".join(parts)


def _after(age: timedelta) -> str:
    if age < _MINUTE:
        return "within a minute"
    unit, size = next((unit, size) for unit, size, least in _UNITS if age >= least)
    return f"after {round(age / size)} {unit}"
