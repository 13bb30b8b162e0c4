"""The platform's envelope, and nothing within it: ``{"ok": true, "result": …}`` or ``{"ok": false, "error": …}``."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from chargeback.collect.failures import quoted
from chargeback.evidence import Answer
from chargeback.model.answers import is_ok, refused_with
from chargeback.model.strict_json import parse

PDF_LATER = "api: could not generate the invoice pdf, please try again"


class Envelope(Struct, frozen=True):
    """An answer's parsed value; ``ok``: the platform answers rather than refuses."""

    value: dict[str, Any]
    ok: bool

    @property
    def message(self) -> str:
        """The platform's words where it refuses, as sent; "" where it does not, or says nothing."""
        return "" if self.ok else refused_with(self.value)

    @property
    def shown_message(self) -> str:
        """The platform's words, fit for an error message."""
        return quoted(self.message)


class Reply(Struct, frozen=True):
    """One answer: its row of the index, and its value, so that nobody parses it twice.

    Where it held signed links, what is kept lacks what signs them, and ``as_received`` is a row for the bytes as they
    came, which are not kept (INTERFACE, archive).
    """

    answer: Answer
    envelope: Envelope
    as_received: Answer | None = None

    @property
    def is_kept_as_received(self) -> bool:
        """Whether the value is what the kept bytes hold too: no link in it was signed."""
        return self.as_received is None

    @property
    def value(self) -> dict[str, Any]:
        """The whole envelope's value; numbers are ``int`` or ``Decimal``."""
        return self.envelope.value

    @property
    def ok(self) -> bool:
        """Whether the platform answers rather than refuses."""
        return self.envelope.ok

    @property
    def message(self) -> str:
        """The platform's words where it refuses, as sent; "" where it does not."""
        return self.envelope.message


def opened(body: bytes) -> Envelope:
    """The envelope that the bytes hold; ``AnswerError`` where they hold none."""
    value = parse(body)
    return Envelope(value, is_ok(value))
