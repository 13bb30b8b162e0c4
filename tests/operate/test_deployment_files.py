"""The Dockerfile held to rules (``make image`` builds and runs it), and pages that name every key."""

from __future__ import annotations

import re
from pathlib import Path

from chargeback.config import Notify, Usage
from chargeback.config.reading import keys_of
from chargeback.operate.metrics import Gauge, exposition

ROOT = Path(__file__).parents[2]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", "", text)
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines() if line.strip()]


def of(name: str) -> list[str]:
    return [argument for instruction, argument in instructions() if instruction == name]


def test_the_image_runs_as_nobody_in_particular_from_a_pinned_base() -> None:
    assert all(re.fullmatch(r"debian:\d+-slim( AS \w+)?", base) for base in of("FROM"))
    assert of("USER")[-1] == "10001:10001" and of("VOLUME") == ['["/archive"]']
    names = [name for name, _ in instructions()]
    assert names.index("USER") < names.index("ENTRYPOINT") and "ADD" not in names and "HEALTHCHECK" not in names
    assert all(argument.startswith("[") for argument in [*of("ENTRYPOINT"), *of("CMD")])


def test_the_build_keeps_no_cache_and_takes_locked_libraries() -> None:
    installs = [step for step in of("RUN") if re.search(r"pip\b.* install ", step)]
    assert installs and all("--no-cache-dir" in step and "--constraint requirements.lock" in step for step in installs)
    assert not any("sudo" in step or "apt-get upgrade" in step or "curl" in step for step in of("RUN"))
    copied = [word for step in of("COPY") if "--from" not in step for word in step.split()[:-1]]
    assert all((ROOT / name).exists() for name in copied)


def test_the_text_format_escapes() -> None:
    family = Gauge("m", "a \\ b\nc", (({"team": 'x"y\\z\n'}, 1),))
    assert exposition([family]) == '# HELP m a \\\\ b\\nc\n# TYPE m gauge\nm{team="x\\"y\\\\z\\n"} 1\n'


def test_operations_names_every_key() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    assert [key.name for key in (*keys_of(Notify), *keys_of(Usage)) if key.name not in text] == []
