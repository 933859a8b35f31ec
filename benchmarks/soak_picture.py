"""The course of a soak as a picture: one panel a figure, one axis of time, marks where the server was killed or started anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from benchmarks.soak_rules import Life, Sample

WIDTH: Final = 860
_LEFT, _RIGHT, _TOP, _HEIGHT, _GAP = 70, 20, 64, 92, 44
_KILLED, _RESTARTED = "#c0392b", "#7f8c8d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One figure over time."""

    title: str
    value: Callable[[Sample], float]
    color: str
    second: Callable[[Sample], float] | None = None
    """Drawn thinner."""


PANELS: Final = (
    Panel(
        title="Memory, MB: server with its workers (dark), server alone (pale)",
        value=lambda each: each.memory / 1e6,
        second=lambda each: each.own / 1e6,
        color="#1f5fa8",
    ),
    Panel(title="Open files of the process that has most", value=lambda each: each.files, color="#2e7d4f"),
    Panel(title="Journal (WAL), MiB", value=lambda each: each.wal / 2**20, color="#8e5ba6"),
    Panel(title="Entries stored, thousands", value=lambda each: each.entries / 1e3, color="#b8741a"),
)


def picture(samples: Sequence[Sample], lives: Sequence[Life], *, title: str) -> str:
    """Draw it, as SVG."""
    longest = max([each.at for each in samples] + [life.ended or 0.0 for life in lives] + [1.0])
    height = _TOP + len(PANELS) * (_HEIGHT + _GAP)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"',
        'role="img" font-family="system-ui, sans-serif" font-size="12" fill="#333">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15" font-weight="600">{escape(title)}</text>',
        _legend(),
    ]
    for place, panel in enumerate(PANELS):
        drawn += _panel(panel, samples, lives, top=_TOP + place * (_HEIGHT + _GAP), longest=longest)
    return "\n".join([*drawn, "</svg>", ""])


def _legend() -> str:
    return (
        f'<path d="M{_LEFT} 38h18" stroke="{_KILLED}" stroke-width="1.5"/><text x="{_LEFT + 24}" y="42">killed</text>'
        f'<path d="M{_LEFT + 84} 38h18" stroke="{_RESTARTED}" stroke-width="1.5" stroke-dasharray="4 3"/>'
        f'<text x="{_LEFT + 108}" y="42">stopped and started anew</text>'
    )


def _panel(panel: Panel, samples: Sequence[Sample], lives: Sequence[Life], *, top: int, longest: float) -> list[str]:
    most = nice(max((panel.value(each) for each in samples), default=1.0))
    right, bottom = WIDTH - _RIGHT, top + _HEIGHT

    def x(at: float) -> float:
        return _LEFT + at / longest * (right - _LEFT)

    def y(value: float) -> float:
        return bottom - value / most * _HEIGHT

    drawn = [f'<text x="{_LEFT}" y="{top - 6}">{escape(panel.title)}</text>']
    for share in (0.0, 0.5, 1.0):
        line = y(most * share)
        drawn.append(f'<path d="M{_LEFT} {line:.1f}H{right}" stroke="#ddd"/>')
        drawn.append(f'<text x="{_LEFT - 8}" y="{line + 4:.1f}" text-anchor="end" fill="#666">{most * share:g}</text>')
    drawn += [
        f'<text x="{x(minute * 60):.1f}" y="{bottom + 16}" text-anchor="middle" fill="#666">{minute:g} min</text>'
        for minute in _minutes(longest)
    ]
    for life in lives[:-1]:
        if life.ending is not None:
            color, dashes = (_KILLED, "") if life.killed else (_RESTARTED, ' stroke-dasharray="4 3"')
            drawn.append(f'<path d="M{x(life.ending):.1f} {top}V{bottom}" stroke="{color}"{dashes}/>')
    for life in lives:
        own = [each for each in samples if each.life == life.number]
        if panel.second:
            drawn.append(
                _line([(x(each.at), y(panel.second(each))) for each in own], panel.color, width=1, opacity=0.5)
            )
        drawn.append(_line([(x(each.at), y(panel.value(each))) for each in own], panel.color, width=1.8, opacity=1))
    return drawn


def _line(points: Sequence[tuple[float, float]], color: str, *, width: float, opacity: float) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}" opacity="{opacity}"/>'


def nice(most: float) -> float:
    """Give a round number that is not below `most`, to end an axis with."""
    step = 1.0
    while step < most:
        step *= 10
    return next(step * share for share in (0.1, 0.12, 0.16, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if step * share >= most)


def _minutes(longest: float) -> list[float]:
    step = next((each for each in (0.1, 0.5, 1, 2, 5, 10, 30, 60, 180) if longest / 60 / each <= 12), 360)
    return [round(number * step, 1) for number in range(int(longest / 60 / step) + 1)]
