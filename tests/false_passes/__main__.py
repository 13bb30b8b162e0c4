"""How far the proof goes: ``python -m tests.false_passes [MONTHS]`` tries every kind on so many months, and says what
was silent, what one source alone states, and how many right months cried wolf."""

from __future__ import annotations

import sys
from collections import Counter

from .changes import CHANGES, altered
from .judged import SILENT, problem
from .judging import closed
from .right_months import right_month


def main(months: int) -> None:
    """Print one line a kind, then the sums."""
    tried, alone, wrong, silent = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    alarms = [seed for seed in range(months) if closed(right_month(seed)).exit]
    for kind in CHANGES:
        for seed in range(months):
            change = altered(kind, right_month(seed), seed)
            if change is None:
                continue
            verdict = closed(change.month)
            if change.alone:
                alone[kind] += 1
                continue
            tried[kind] += 1
            found = problem(change, verdict)
            wrong[kind] += bool(found)
            silent[kind] += found == SILENT
        print(f"{tried[kind]:6} told or not, {wrong[kind]:5} not as wanted, {silent[kind]:5} silent", end="")
        print(f", {alone[kind]:6} stated by one source alone: {kind}")
    print(
        f"{len(CHANGES)} kinds, {tried.total()} altered months, {wrong.total()} not as wanted, {silent.total()} silent"
    )
    print(f"{alone.total()} months altered in what one source alone states")
    print(f"{len(alarms)} of {months} right months cried wolf: seeds {alarms[:20]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
