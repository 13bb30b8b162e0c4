"""``chargeback`` as its script and ``python -m chargeback`` start it: within the outermost layer from the beginning."""

import sys

from chargeback.process import guarded


def _command() -> None:
    from chargeback.cli import main

    main(prog_name="chargeback")


def main() -> int:
    """The command line's exit code."""
    return guarded(_command)


if __name__ == "__main__":
    sys.exit(main())
