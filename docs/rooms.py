"""The picture of the rooms in ``docs/architecture.md``, drawn from the imports; ``make docs`` writes it.

An arrow says that a module of the one room imports a module of the other. An arrow that follows from two others is left
out, so that the picture shows the order in which the rooms stand. A test compares the page with the drawing.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

PAGE = Path(__file__).with_name("architecture.md")
PACKAGE = Path(__file__).parents[1] / "chargeback"
BEGIN, END = "<!-- drawn by docs/rooms.py: make docs -->\n", "<!-- end of the drawing -->\n"

Imports = Mapping[str, set[str]]


def imports_of_rooms() -> dict[str, set[str]]:
    """Room -> the rooms that it imports, as the source has it; within functions too, but not for types alone."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if not room.startswith("__"):
            found[room] |= set(_imported(ast.parse(path.read_text(encoding="utf-8")))) - {room}
    return dict(found)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE.name:
            _, _, rest = node.module.partition(".")
            yield from [rest.split(".")[0]] if rest else (each.name for each in node.names if _is_room(each.name))
        elif isinstance(node, ast.Import):
            parts = (each.name.split(".") for each in node.names)
            yield from (names[1] for names in parts if names[0] == PACKAGE.name and len(names) > 1)


def _is_room(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def without_what_follows(imports: Imports) -> dict[str, set[str]]:
    """The imports less those that follow from others: where a imports b and b reaches c, a needs no arrow to c."""
    return {
        room: {each for each in targets if not any(each in _reached(other, imports) for other in targets - {each})}
        for room, targets in imports.items()
    }


def _reached(room: str, imports: Imports) -> set[str]:
    """All rooms that one imports, directly or through others."""
    reached: set[str] = set()
    waiting = [room]
    while waiting:
        new = imports.get(waiting.pop(), set()) - reached
        reached |= new
        waiting += new
    return reached


def picture() -> str:
    """The rooms as a Mermaid flowchart, those that import most at the top."""
    imports = imports_of_rooms()
    rooms = sorted(imports, key=lambda room: (-len(_reached(room, imports)), room))
    arrows = without_what_follows(imports)
    lines = [f"    {room}" for room in rooms]
    lines += [f"    {room} --> {target}" for room in rooms for target in sorted(arrows[room])]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```", ""])


def page(text: str) -> str:
    """The page's text with the picture as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{picture()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
