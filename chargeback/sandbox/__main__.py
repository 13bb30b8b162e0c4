"""`python -m chargeback.sandbox`: the sandbox as a process of its own."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import NoReturn

from chargeback.sandbox import faults
from chargeback.sandbox.scenarios import SCENARIOS
from chargeback.sandbox.serve import serve


def parser() -> argparse.ArgumentParser:
    """The command line, an option for each argument of `serve`."""
    listed = "\n".join(f"  {name:24} {scenario.description}" for name, scenario in SCENARIOS.items())
    made = argparse.ArgumentParser(
        prog="python -m chargeback.sandbox",
        description=f"{serve.__doc__}\n\nscenarios:\n{listed}\n\nfaults:\n{faults.__doc__}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--host", default="127.0.0.1", help="a loopback address")
    made.add_argument("--port", type=int, default=0, help="of the API; 0: any")
    made.add_argument("--files-port", type=int, default=0, help="of the documents; 0: any")
    made.add_argument("--kind", choices=("C", "D"), default="C")
    made.add_argument("--scenario", default="clean", metavar="NAME")
    made.add_argument("--latency", type=float, default=0, metavar="MS", help="of every answer, in milliseconds")
    made.add_argument("--faults", default="", metavar="SPEC")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--now", metavar="ISO", help="where the clock stands; default: the machine's time, ticking")
    made.add_argument("--timezone", default="Asia/Bangkok", metavar="NAME", help="whose months and days it reckons in")
    made.add_argument("--accounts", type=int, metavar="N", help="makes a large uniform world, as the next two")
    made.add_argument("--projects", type=int, metavar="N", help="of each account")
    made.add_argument("--resources", type=int, metavar="N", help="of each project")
    made.add_argument("--months", type=int, default=1, metavar="N", help="closed months of the large world")
    made.add_argument("--warm", action="store_true", help="make the large world's answers before listening")
    return made


def main() -> int:
    """0 when interrupted, 2 for a wrong argument, 9 for a port that cannot be had."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        serve(**vars(parser().parse_args()))
    except ValueError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    except OSError as problem:
        sys.stderr.write(f"cannot listen: {problem}\n")
        return 9
    return 0


def _interrupted(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
