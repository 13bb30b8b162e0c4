"""What the program does, noted while it does it: an event and its facts, for whoever asks with ``-v`` or
``--log-format json``.

Beside the gate, because nothing of a run may be shown that the gate does not let through: a command formats the records
and passes every text through it (``cli.log``). A fact is short and plain; a link or a body of an answer is never one.
Where nobody asks, nothing is written: the logger has no handler of its own.
"""

from __future__ import annotations

import logging

LOGGER = logging.getLogger("chargeback")
FACTS = "facts"
"""The attribute of a record that holds the event's facts."""

Fact = str | int | float | bool | None


def report(event: str, **facts: Fact) -> None:
    """A step of the run that a person waits for: a stage, a month, the end."""
    LOGGER.info(event, extra={FACTS: facts})


def note(event: str, **facts: Fact) -> None:
    """A detail of a step, such as one call: for ``-v`` alone."""
    LOGGER.debug(event, extra={FACTS: facts})
