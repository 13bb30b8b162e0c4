"""Columns over time as geometry: whole numbers in, positions out; and as SVG.

Across, positions are hundredths of a percent of the drawing's width, so that a chart fills a phone and a wide terminal
alike and its letters keep their size; upwards they are pixels. Integer arithmetic alone: the same on every machine.

A team has the same colour on a month's page, the archive's, and its own statement: its place among the configured
teams, so that one that is added at the end changes no other's. Beyond as many as there are colours they begin again: of
two teams of one colour in a chart the second is drawn in outline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup, escape
from msgspec import Struct

from chargeback.model.bookkeeping import ADJUSTMENTS, UNASSIGNED
from chargeback.publish.pages.rendering import isolated_text, plain
from chargeback.publish.pages.wording import minor

HEIGHT = 220
"""Pixels from the top of the highest column to the foot of the lowest."""
MARGIN = 14
"""Pixels above and below, for half a line of the axis's letters."""
SERIES = 6
"""As many series have a colour of their own; what is left is one more."""
_FULL = 10_000
_WIDEST = 800
_MOST_TICKS = 5
_CHARACTER = 8
_LETTERS = 12
SPARK_HEIGHT = 20
_SPARK_STEP = 8
COLOURS = 18
"""Colours of teams in the style sheet, ``t0`` and on; two more are those of what no team owns."""
_FIXED = {UNASSIGNED: "t18", ADJUSTMENTS: "t19"}


class Segment(Struct, frozen=True):
    """One series' part of a column; ``x`` and ``width`` as percentages, ``y`` and ``height`` in pixels; ``mark`` is the
    series' class in the style sheet."""

    x: str
    width: str
    y: int
    height: int
    mark: str
    label: str


class Tick(Struct, frozen=True):
    """A line of the vertical axis."""

    y: int
    label: str


class AxisLabel(Struct, frozen=True):
    """A label under a column, centred; ``x`` as a percentage."""

    x: str
    text: str


class ColumnChart(Struct, frozen=True):
    """A drawing of stacked columns; ``axis_width`` and ``height`` in pixels, ``baseline`` is the line of zero."""

    height: int
    axis_width: int
    baseline: int
    segments: tuple[Segment, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[AxisLabel, ...]

    def svg(self, name: str, title: str, description: str) -> Markup:
        """The drawing as SVG beside its axis; ``name`` tells its elements from those of the page's other charts."""
        tall, right = self.height + 20, self.axis_width - 8
        parts = [
            f'<div class="chart">\n<svg class="axis" width="{self.axis_width}" height="{tall}" aria-hidden="true" '
            'focusable="false">\n',
            *(f'<text x="{right}" y="{tick.y + 4}" text-anchor="end">{tick.label}</text>\n' for tick in self.ticks),
            f'</svg>\n<svg class="plot" height="{tall}" role="img" aria-labelledby="{name}-title {name}-description">\n'
            f'<title id="{name}-title">{plain(title)}</title>\n',
            f'<desc id="{name}-description">{plain(description)}</desc>\n',
            *(f'<line class="grid" x1="0" x2="100%" y1="{tick.y}" y2="{tick.y}"/>\n' for tick in self.ticks),
            *(
                f'<rect class="{part.mark}" x="{part.x}" y="{part.y}" width="{part.width}" height="{part.height}">'
                f"<title>{escape(part.label)}</title></rect>\n"
                for part in self.segments
            ),
            f'<line class="zero" x1="0" x2="100%" y1="{self.baseline}" y2="{self.baseline}"/>\n',
            *(
                f'<text x="{label.x}" y="{self.height + 12}" text-anchor="middle">{label.text}</text>\n'
                for label in self.labels
            ),
            "</svg>\n</div>\n",
        ]
        return Markup("".join(parts))  # noqa: S704 - what comes from outside is escaped


class ChartColumn(Struct, frozen=True):
    """One column: its name in tooltips, its label on the axis ("" for none), and each series' amount in minor units."""

    name: str
    label: str
    amounts: tuple[int, ...]


def column_chart(
    columns: Sequence[ChartColumn], series: Sequence[str], currency: str, digits: int, marks: Sequence[str] = ()
) -> ColumnChart:
    """Stacked columns: what is positive grows upwards from zero, what is negative downwards.

    ``series`` and ``currency`` are text from outside and go, isolated, into the tooltips; ``marks`` are the series'
    classes in the style sheet, by default those of their places.
    """
    marks = marks or [f"k{place}" for place in range(len(series))]
    scale = _Scale.of(columns, digits)
    slot = _FULL // max(len(columns), 1)
    names = [(mark, isolated_text(name)) for mark, name in zip(marks, series, strict=True)]
    segments: list[Segment] = []
    for position, column in enumerate(columns):
        segments += _segments(column, position * slot, slot, scale, names, isolated_text(currency))
    return ColumnChart(
        height=HEIGHT + 2 * MARGIN,
        axis_width=max((len(tick.label) for tick in scale.ticks), default=0) * _CHARACTER + _LETTERS,
        baseline=scale.y(0),
        segments=tuple(segments),
        ticks=scale.ticks,
        labels=tuple(
            AxisLabel(_percentage(place * slot + slot // 2), column.label)
            for place, column in enumerate(columns)
            if column.label
        ),
    )


def _segments(
    column: ChartColumn, left: int, slot: int, scale: _Scale, series: Sequence[tuple[str, str]], currency: str
) -> list[Segment]:
    width = min(slot - slot // 4, _WIDEST)
    x, wide = _percentage(left + (slot - width) // 2), _percentage(width)
    up = down = 0
    segments = []
    for position, units in enumerate(column.amounts):
        start = up if units > 0 else down
        top, foot = scale.y(max(start, start + units)), scale.y(min(start, start + units))
        if units > 0:
            up += units
        else:
            down += units
        if foot > top:
            mark, name = series[position]
            label = f"{column.name}, {name}: {minor(units, scale.digits)} {currency}"
            segments.append(Segment(x, wide, top, foot - top, mark, label))
    return segments


def _percentage(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


class _Scale(Struct, frozen=True):
    """From minor units to pixels; ``low`` and ``high`` are whole steps around zero."""

    low: int
    high: int
    step: int
    digits: int

    @classmethod
    def of(cls, columns: Sequence[ChartColumn], digits: int) -> _Scale:
        high = max((sum(units for units in column.amounts if units > 0) for column in columns), default=0)
        low = min((sum(units for units in column.amounts if units < 0) for column in columns), default=0)
        if high == low:
            high = 10**digits
        step = _step(high - low)
        return cls(low // step * step, -(-high // step) * step, step, digits)

    def y(self, units: int) -> int:
        """Pixels from the top, rounded down."""
        return MARGIN + (self.high - units) * HEIGHT // (self.high - self.low)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """Every step from the lowest to the highest."""
        values = range(self.low, self.high + 1, self.step)
        return tuple(Tick(self.y(value), self._label(value)) for value in values)

    def _label(self, value: int) -> str:
        unit = 10**self.digits
        return minor(value // unit, 0) if not self.step % unit else minor(value, self.digits)


def _step(span: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, … that divides the span into few steps."""
    magnitude = 1
    while True:
        for factor in (1, 2, 5):
            if span <= factor * magnitude * _MOST_TICKS:
                return factor * magnitude
        magnitude *= 10


class Spark(Struct, frozen=True):
    """A small column of a row of months; ``is_negative`` where the amount is below zero."""

    x: int
    y: int
    height: int
    is_negative: bool


def sparks(amounts: Sequence[int]) -> tuple[Spark, ...]:
    """The amounts as small columns, the largest as high as there is room: each one's size beside the others, no more;
    none where no amount differs from zero."""
    largest = max(map(abs, amounts), default=0)
    if not largest:
        return ()
    heights = [max(abs(units) * SPARK_HEIGHT // largest, 1) if units else 0 for units in amounts]
    return tuple(
        Spark(place * _SPARK_STEP, SPARK_HEIGHT - height, height, units < 0)
        for place, (units, height) in enumerate(zip(amounts, heights, strict=True))
        if height
    )


def bar(part: int, largest: int) -> int:
    """A bar's length in thousandths of the largest one's; at least one where there is anything at all."""
    if not part or not largest:
        return 0
    return max(abs(part) * 1000 // abs(largest), 1)


def team_colours(teams: Iterable[str]) -> Mapping[str, str]:
    """By team id its class in the style sheet; ``teams`` in the order of the configuration."""
    named = [team for team in dict.fromkeys(teams) if team not in _FIXED]
    return {**{team: f"t{place % COLOURS}" for place, team in enumerate(named)}, **_FIXED}


def in_one_chart(colours: Sequence[str]) -> list[str]:
    """The classes of a chart's series: one whose colour another series before it has is drawn in outline."""
    return [colour if colour not in colours[:place] else f"{colour} again" for place, colour in enumerate(colours)]
