"""The two kinds of server, C and D: how requests are spelled, errors are written and times are left out.

Each kind ignores fields that it does not know and refuses a request that lacks its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from chargeback.sandbox.months import rfc3339

Kind = Literal["C", "D"]

_REQUIRED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "C": {
        "billing.get": ("id",),
        "billing.report": ("id", "range"),
        "billing.listInvoices": ("billingAccountId",),
        "billing.getInvoice": ("invoiceId",),
        "billing.downloadInvoice": ("invoiceId",),
        "billing.downloadReceipt": ("invoiceId",),
        "project.usage": ("project",),
        "deployment.list": ("project",),
    },
    "D": {
        "billing.get": ("id",),
        "billing.report": ("billingAccount", "from", "to"),
        "billing.listInvoices": ("id",),
        "billing.getInvoice": ("id",),
        "billing.downloadInvoice": ("id",),
        "billing.downloadReceipt": ("id",),
        "project.usage": ("project",),
        "deployment.list": ("project",),
    },
}


class ApiError(Exception):
    """A business error: its stable message, and the fields that failed validation."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None, status: int = 200) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}
        self.status = status


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of server speaks."""

    kind: Kind

    def validate(self, function: str, payload: Mapping[str, Any]) -> None:
        """Refuse a request that lacks a field of this kind, or gives it as anything but a text."""
        wrong: dict[str, str] = {}
        for name in _REQUIRED[self.kind].get(function, ()):
            value = payload.get(name)
            if not isinstance(value, str):
                wrong[name] = "required" if value is None else "must be a string"
            elif not value:
                wrong[name] = "required"
        if wrong:
            raise ApiError("api: validate error", wrong)

    def subject(self, function: str, payload: Mapping[str, Any]) -> str:
        """The account, invoice or project that a request is about, by this kind's spelling; "" if none."""
        names = _REQUIRED[self.kind].get(function, ())
        value = payload.get(names[0]) if names else None
        return value if isinstance(value, str) else ""

    def naming(self, function: str, payload: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """The same request about another account or invoice."""
        names = _REQUIRED[self.kind].get(function, ())
        return {**payload, names[0]: subject} if names else dict(payload)

    def error(self, problem: ApiError) -> dict[str, Any]:
        """The `error` object of the envelope."""
        if not problem.fields:
            return {"message": problem.message}
        if self.kind == "C":
            return {"message": problem.message, "items": [f"{name} {text}" for name, text in problem.fields.items()]}
        fields = [{"field": name, "message": text} for name, text in problem.fields.items()]
        return {"message": problem.message, "validate": fields}

    @property
    def unauthorized(self) -> ApiError:
        """The answer to a missing or bad credential."""
        return ApiError("api: unauthorized", status=200 if self.kind == "C" else 401)

    def day_label(self, day: date) -> str:
        """A day as the chart's categories show it: `May 01` in C, ISO in D."""
        return f"{_MONTHS[day.month - 1]} {day.day:02d}" if self.kind == "C" else day.isoformat()

    def times(self, moments: Mapping[str, datetime | None]) -> dict[str, Any]:
        """Times by name; a missing one is the zero time in C, null in D."""
        missing = "0001-01-01T00:00:00Z" if self.kind == "C" else None
        return {name: rfc3339(moment) if moment else missing for name, moment in moments.items()}


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
