"""Every register of an archive, and what a revision records of them (INTERFACE, archive)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chargeback.archive.dispositions import REGISTER as DISPOSITIONS
from chargeback.archive.signatures import REGISTER as SIGNATURES
from chargeback.config.address import Place
from chargeback.evidence import RegisterState

REGISTERS = (SIGNATURES, DISPOSITIONS)


def register_states(root: Place) -> tuple[RegisterState, ...]:
    """Of each register that there is, what it is now: for the record of a run."""
    return tuple(state for register in REGISTERS if (state := register.state(root)))


def register_problems(root: Place, states: Iterable[RegisterState]) -> Iterator[str]:
    """For each register that no longer begins with what it was when a revision was written, its path."""
    known = {register.path: register for register in REGISTERS}
    for state in states:
        register = known.get(state.path)
        if register is not None and not register.holds(root, state):
            yield state.path
