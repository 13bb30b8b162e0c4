"""Plain values as block YAML, which YAML 1.2 and 1.1 read alike."""

from __future__ import annotations

from collections.abc import Iterator

from chargeback.model.text import json_text


def yaml(value: object) -> str:
    """Scalars as JSON has them; long texts as literal blocks."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _entry(f"{key}:", inner)
    elif isinstance(value, list) and value:
        for inner in value:
            first, *rest = _lines(inner)
            yield f"- {first}"
            yield from (f"  {line}" if line else line for line in rest)
    else:
        yield json_text(value)


def _entry(key: str, value: object) -> Iterator[str]:
    if isinstance(value, str) and _is_block(value):
        yield f"{key} |2{'' if value.endswith(chr(10)) else '-'}"
        yield from (f"  {line}" if line else "" for line in value.rstrip("\n").split("\n"))
    elif isinstance(value, (dict, list)) and value:
        yield key
        yield from (f"  {line}" if line else line for line in _lines(value))
    else:
        yield f"{key} {json_text(value)}"


def _is_block(text: str) -> bool:
    """Whether a literal block gives the text back: it has several lines, and its end keeps one newline or none."""
    whole = text.replace("\n", "")
    return "\n" in text and bool(whole) and whole.isprintable() and not text.endswith("\n\n")
