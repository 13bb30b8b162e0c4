"""A month served over real HTTP, and the whole ``run`` against it: its exit code, and what it said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chargeback.cli.run_output import run_and_tell
from chargeback.config import load
from chargeback.sandbox import Server
from chargeback.sandbox.documents import Links, written_pdf
from chargeback.sandbox.months import Clock
from chargeback.sandbox.wire import Answer, Recorder, Request
from tests.kit.platform import PlatformClock, quick_runs
from tests.kit.workplace import Ended, ended

from .answers import AccountAnswers, Month, Raw, body, listed
from .judging import Named, Verdict

NO_INVOICE = "api: invoice not found"


@dataclass
class MonthPlatform:
    """Serves one month's answers, whoever asks: what a sandbox's server needs of a platform."""

    month: Month
    links: Links = field(default_factory=Links)
    recorder: Recorder = field(default_factory=Recorder)

    @property
    def clock(self) -> Clock:
        """The time of the run."""
        return Clock(self.month.run_at)

    def answer(self, request: Request) -> Answer:
        """The answer to a request."""
        if request.host == "files":
            kind, invoice = request.path.strip("/").split("/", 1)
            return self._document(invoice, kind)
        function = request.path.strip("/")
        asked = json.loads(request.body)
        subject = str(asked.get("invoiceId") or asked.get("billingAccountId") or asked.get("id") or "")
        raw = self.month.raw.get((function, subject))
        if isinstance(raw, Raw):
            return Answer(raw.status, raw.data, raw.content_type, raw.headers, raw.manner)
        return Answer(200, body(raw if raw is not None else self._result(function, subject)))

    def _result(self, function: str, subject: str) -> Any:
        month = self.month
        if function == "billing.list":
            shown = [account.id for account in month.accounts if account.id not in month.hidden]
            return {"items": [{"id": name, "name": name, "active": True, "role": "accountant"} for name in shown]}
        if function == "project.list":
            return listed(month.projects, {})
        account, invoice = self._holder(subject)
        if function.startswith("billing.download"):
            kind = "invoice" if function == "billing.downloadInvoice" else "receipt"
            found = account.documents.get((invoice, kind))
            return found if isinstance(found, str) else {"downloadUrl": f"{self.links.base}/{kind}/{invoice}"}
        answers = {
            "billing.get": account.get,
            "billing.report": account.report,
            "billing.listInvoices": listed(account.rows, month.list_marks),
            "billing.getInvoice": account.details.get(invoice, NO_INVOICE),
        }
        return answers[function]

    def _holder(self, subject: str) -> tuple[AccountAnswers, str]:
        """The account asked about, or the one that has the invoice."""
        for account in self.month.accounts:
            if subject == account.id:
                return account, ""
            if subject in account.details or any(
                subject == str(row["id"]) for row in account.rows if isinstance(row, dict)
            ):
                return account, subject
        raise LookupError(subject)

    def _document(self, invoice: str, kind: str) -> Answer:
        account, _ = self._holder(invoice)
        text = account.documents.get((invoice, kind))
        if isinstance(text, Raw):
            return Answer(text.status, text.data, text.content_type, text.headers, text.manner)
        return Answer(200, pdf(account, invoice, kind, self.month), "application/pdf")


def pdf(account: AccountAnswers, invoice: str, kind: str, month: Month) -> bytes:
    """The invoice's document, or its receipt."""
    return written_pdf(account.text(invoice, kind), month.run_at)


@contextmanager
def credential() -> Iterator[None]:
    """The tests' credential alone in the environment, and quick runs."""
    with quick_runs() as patch:
        for name in ("DEPLOYS_AUTH_USER", "DEPLOYS_AUTH_PASS", "DEPLOYS_ENDPOINT"):
            patch.delenv(name, raising=False)
        patch.setenv("DEPLOYS_TOKEN", "a-token-of-the-tests")
        yield


def run(month: Month, root: Path, *, period: str | None = None, **options: Any) -> Ended:
    """``chargeback run -p MONTH`` against the month served on loopback; the archive lies under ``root``."""
    platform = MonthPlatform(month)
    with credential(), Server(platform) as server:  # type: ignore[arg-type]
        path = root / "config.toml"
        path.write_text(month.config(server.endpoint), encoding="utf-8")

        def whole() -> int:
            settings = load(path, network=True)
            clock = PlatformClock(platform.clock, waits=False)
            return run_and_tell(settings, period=period or month.period, json_output=True, clock=clock, **options)

        return ended(whole, json_output=True)


def verdict(ended: Ended) -> Verdict:
    """What a run printed as JSON, as what it names."""
    assert ended.exit != 1, ended.err
    document = json.loads(ended.out)
    if "errors" in document:
        named = [Named("error", each["account"] or "", each["message"]) for each in document["errors"]]
        return Verdict(ended.exit, tuple(named))
    named = [
        Named(each["check"], each["account"], " | ".join((each["invoice"], each["subject"], each["message"])))
        for each in document["checks"]
        if each["outcome"] == "exception"
    ]
    return Verdict(ended.exit, tuple(named))
