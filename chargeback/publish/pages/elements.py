"""Elements that several pages have, as HTML joined from strings.

What comes from outside goes through ``isolated``, ``sentence`` or ``plain``, a word of ours from elsewhere through
``escape``. Amounts, shares, dates and numbers hold digits, letters, signs and separators alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import escape

from chargeback.publish.pages.charts import Spark
from chargeback.publish.pages.rendering import isolated, number_cell, plain

_SHORT_PILL = 24
_MINUS, _HIDDEN = ' class="minus"', ' class="hidden"'


def section(name: str, heading: str, *content: str) -> str:
    """A part of the page below its heading, to which links lead by its name."""
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{heading}</h2>\n{"".join(content)}</section>\n'


def jump(places: Iterable[tuple[str, str]]) -> str:
    """The links to the page's own sections: the name and the words of each."""
    links = "".join(f'<li><a href="#{name}">{words}</a></li>\n' for name, words in places)
    return f'<nav class="jump" aria-label="On this page"><ul>\n{links}</ul></nav>\n'


def heads(texts: Iterable[str], numbers: Iterable[str] = ()) -> str:
    """The headings of columns of texts, then of columns of figures."""
    found = [f'<th role="columnheader" scope="col">{text}</th>' for text in texts]
    return "".join([*found, *(f'<th role="columnheader" scope="col" class="n">{text}</th>' for text in numbers)])


def table(
    caption: str, headings: str, rows: Iterable[str], foot: str = "", *, kind: str = "stack", hidden: bool = False
) -> str:
    """A table whose cells a narrow screen stacks; ``hidden`` where only who cannot see it needs the caption."""
    return (
        f'<table class="{kind}" role="table">\n<caption{_HIDDEN if hidden else ""}>{caption}</caption>\n'
        f'<thead role="rowgroup"><tr role="row">{headings}</tr></thead>\n'
        f'<tbody role="rowgroup">\n{"".join(rows)}</tbody>\n{foot}</table>\n'
    )


def numbers(names: Iterable[str], texts: Iterable[str]) -> str:
    """Cells of figures in the columns of these names."""
    return "".join(str(number_cell(text, name)) for name, text in zip(names, texts, strict=True))


def figures_table(caption: str, headings: str, rows: Iterable[Sequence[str]], foot: str = "") -> str:
    """A plain table of figures by month or day, which the first cell of each row names."""
    body = "".join(f'<tr><th scope="row" class="day">{first}</th>{figures(rest)}</tr>\n' for first, *rest in rows)
    return (
        f"<table>\n<caption>{caption}</caption>\n<thead><tr>{headings}</tr></thead>\n"
        f"<tbody>\n{body}</tbody>\n{foot}</table>\n"
    )


def figures(texts: Iterable[str]) -> str:
    """Plain cells of figures."""
    return "".join(f'<td class="n">{text}</td>' for text in texts)


def as_a_table(what: str, content: str) -> str:
    """The figures of a chart, folded beneath it; ``what`` they are, for who cannot see it."""
    return (
        '<details class="paper">\n<summary>The same figures as a table</summary>\n'
        f"{scrolled(what, content)}</details>\n"
    )


def scrolled(what: str, content: str) -> str:
    """A table that may be wider than the screen."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{what} as a table">\n{content}</div>\n'


def named(code: str, name: str) -> str:
    """An account or a team by its name, with its code where that says something else."""
    if name and name != code:
        return f'{isolated(name)} <span class="sub">{isolated(code)}</span>'
    return str(isolated(code)) if code else ""


def spark(columns: Sequence[Spark], count: int, mark: str) -> str:
    """A team's months as small columns, "" if there are none; ``mark`` is its class in the style sheet."""
    if not columns:
        return ""
    drawn = "".join(
        f'<rect{_MINUS if each.is_negative else ""} x="{each.x}" y="{each.y}" width="6" height="{each.height}"/>'
        for each in columns
    )
    return (
        f'<svg class="spark {mark}" viewBox="0 0 {count * 8 - 2} 20" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false">{drawn}</svg>\n'
    )


def bar(length: int, mark: str, *, is_negative: bool) -> str:
    """An amount as a bar, in thousandths of the largest."""
    of, kind = (f" {mark}", "") if mark else ("", ' class="part"')
    return (
        f'<svg class="bar{of}" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="track" width="1000" height="10"/>'
        f'<rect{_MINUS if is_negative else kind} width="{length}" height="10"/></svg>'
    )


def pill(state: str, text: str) -> str:
    """A state as a coloured word; the text is one, not HTML."""
    return f'<span class="pill{" short" if len(text) < _SHORT_PILL else ""} {state}">{escape(text)}</span>'


def swatch(mark: str) -> str:
    """A series' colour."""
    return (
        f'<svg class="{mark}" viewBox="0 0 10 10" aria-hidden="true" focusable="false">'
        '<rect width="10" height="10" rx="2"/></svg>'
    )


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """What the colours of a chart mean: each series' mark, and its name as HTML."""
    rows = "".join(f"<li>{swatch(mark)}{name}</li>\n" for mark, name in entries)
    return f'<ul class="legend">\n{rows}</ul>\n'


def warning(content: str) -> str:
    """What must not be overlooked."""
    return f'<div class="warning" role="note">{content}</div>\n'


def status_html(state: str, text: str, content: str) -> str:
    """How the page's month, or the archive, stands: its text, which begins a line, and what follows from it."""
    mark = "✓" if state == "reconciled" else "!"
    return (
        f'<div class="status {state}" role="group" aria-label="Status">\n'
        f'<strong><span class="mark" aria-hidden="true">{mark}</span>{plain(text[:1].upper() + text[1:])}</strong>\n'
        f"{content}</div>\n"
    )


def time_html(instant: str, text: str) -> str:
    """An instant for machines (RFC 3339) and in words."""
    return f'<time datetime="{plain(instant)}">{plain(text)}</time>'


def facts_html(facts: Mapping[str, str]) -> str:
    """Facts by name, as HTML."""
    rows = "".join(f"<dt>{name}</dt><dd>{fact}</dd>\n" for name, fact in facts.items())
    return f'<dl class="facts">\n{rows}</dl>\n'
