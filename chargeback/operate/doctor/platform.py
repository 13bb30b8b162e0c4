"""What the platform answers: reachable, credential accepted, clock, accounts, roles, time zone, projects.

Of the credential: of what kind it is, and whether it will still live when the next month is due (CONTRACT, transport).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from chargeback.collect.clock import Clock
from chargeback.collect.credentials import USER, Credential
from chargeback.collect.session import Session
from chargeback.config import AccountEntry, Config
from chargeback.errors import AccessError, ChargebackError
from chargeback.evidence.period import last_month
from chargeback.model import answers as wire
from chargeback.model.instants import parse_http_date
from chargeback.model.wording import counted
from chargeback.operate.deploy.needs import credential_names
from chargeback.operate.doctor.configuration import ownership, timezone
from chargeback.operate.doctor.lines import DoctorLine, good, guarded, notice, of_error, wrong
from chargeback.operate.questions import PlatformQuestions, credentials_of, understood

SERVICE_ACCOUNT = "set DEPLOYS_AUTH_USER and DEPLOYS_AUTH_PASS to a service account and its key"
A_MONTH = timedelta(days=35)
"""A credential that lives shorter than this dies before the next month's run."""
ROLES = ("owner", "admin", "accountant")
SLIGHT_SKEW, GROSS_SKEW = 60, 3600
"""Seconds that the clocks may differ: above the first it is reported, above the second the wrong month may be
chosen."""


def credential_lifetime(credential: Credential, user: str, now: datetime) -> Iterator[DoctorLine]:
    """The credential's kind and how long it lives; ``CredentialError`` where it cannot be obtained."""
    grant = credential.grant()
    if credential.source.startswith(f"{USER} and "):
        yield _service_account(user)
    elif credential.source.startswith("token_command"):
        yield good("credential", f"{credential.source}: makes a new token when asked, so none expires")
    else:
        yield _token(credential.source, grant.secrets[0], now)


def credential_at_hand(config: Config, environ: Mapping[str, str]) -> Iterator[DoctorLine]:
    """Whether the variables that a run reads its credentials from are set, without questions anybody."""
    names = credential_names(config, environ)
    if missing := [name for name in names if not environ.get(name)]:
        yield wrong("credential", f"not set: {', '.join(missing)}", "set it where the job runs", 5)
    elif names:
        yield good("credential", f"{', '.join(names)}: set; whether the platform accepts it is not asked")
    if config.api.token_command:
        yield good("credential", f"token_command {config.api.token_command[0]}: not run")
    elif config.api.token_file:
        yield good("credential", f"token_file {config.api.token_file}: not read")


def _service_account(user: str) -> DoctorLine:
    if user.endswith(".serviceaccount.deploys.app"):
        return good("credential", f"service account {user}: its key is valid until it is revoked")
    return notice("credential", f"{USER} is not a service account's name", "…@<project>.serviceaccount.deploys.app")


def _token(source: str, token: str, now: datetime) -> DoctorLine:
    """A token by its looks: one that says when it expires, Google's (an hour), or one that does not say."""
    expires = expiry(token)
    if expires is not None and expires <= now:
        return wrong("credential", f"{source}: the token expired on {expires:%Y-%m-%d %H:%M}Z", SERVICE_ACCOUNT, 5)
    if expires is not None and expires - now < A_MONTH:
        return notice(
            "credential", f"{source}: the token expires on {expires:%Y-%m-%d}, before next month's run", SERVICE_ACCOUNT
        )
    if expires is not None:
        return good("credential", f"{source}: the token is valid until {expires:%Y-%m-%d}")
    if token.startswith("ya29."):
        return notice("credential", f"{source}: a Google access token is valid for one hour", SERVICE_ACCOUNT)
    if source.startswith("token_file"):
        return good("credential", f"{source}: read at every run; the program that writes it must renew it")
    return notice(
        "credential",
        f"{source}: a token that does not say when it expires; one from a browser login expires in 7 days, "
        "before the next month",
        SERVICE_ACCOUNT,
    )


def expiry(token: str) -> datetime | None:
    """When a JSON web token says that it expires (RFC 7519, ``exp``); None where the token does not say."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


class PlatformChecks:
    """The checks of one session; what one finds out serves the next."""

    def __init__(self, config: Config, environ: Mapping[str, str], session: Session, clock: Clock) -> None:
        self.config = config
        self.environ = environ
        self.session = session
        self.clock = clock
        self.questions = PlatformQuestions(session)
        self.month = last_month(clock.now(), config.timezone)
        self.listed: dict[str, wire.AccountAnswer] = {}
        self.reached = False

    def all(self) -> Iterator[DoctorLine]:
        """Every check, in an order in which the first that fails explains the later ones."""
        yield from self._proxy()
        credentials: list[Credential] = []
        yield from guarded("credential", lambda: self._credentials(credentials))
        for credential in credentials:
            yield from guarded("platform", lambda credential=credential: self._accounts(credential))  # type: ignore[misc]
        if not self.reached:
            return
        invoices: list[wire.InvoiceAnswer] = []
        for entry in self._entries():
            yield from guarded("account", lambda entry=entry: self._account(entry, invoices))  # type: ignore[misc]
        yield from guarded("time zone", lambda: timezone(self.config, invoices))
        yield from guarded("projects", lambda: ownership(self.config, self.questions, credentials, self.clock.now()))

    def _proxy(self) -> Iterator[DoctorLine]:
        """Which proxy the environment names, and whether the platform is asked through it; nothing without one."""
        proxy = self.session.proxies.proxy
        if proxy is None:
            return
        parts = urlsplit(self.session.endpoint)
        used = self.session.proxies.of(parts.hostname or "", parts.port or 443)
        how = "through it" if used else "without it (it is this machine, or NO_PROXY names it)"
        yield good("proxy", f"{proxy} (${proxy.variable}); {self.session.endpoint} is asked {how}")

    def _credentials(self, found: list[Credential]) -> Iterator[DoctorLine]:
        """Each credential's kind; those that can be obtained are added to the list."""
        for credential in credentials_of(self.session, self.config, self.month):
            try:
                yield from credential_lifetime(credential, self.environ.get(USER, ""), self.clock.now())
            except ChargebackError as error:
                yield from of_error("credential", error)
            else:
                found.append(credential)

    def _accounts(self, credential: Credential) -> Iterator[DoctorLine]:
        reply = self.questions.reply("billing.list", {}, credential)
        sent = self.clock.now()
        listed = understood(reply, lambda value: wire.decode_items(value, wire.AccountAnswer, "billing.list"))
        first, self.reached = not self.reached, True
        self.listed.update({wire.text_of(item.id): item for item in listed})
        yield good(
            "platform", f"{self.session.endpoint} accepts {credential.source}, {counted(len(listed), 'account')}"
        )
        if first:
            yield from _skew(reply.answer.date, sent)

    def _entries(self) -> list[AccountEntry]:
        """The accounts of the next run, and those that will be ours."""
        ours = [entry for entry in self.config.accounts if not entry.is_former(self.month)]
        return ours if self.config.accounts else [AccountEntry(identifier) for identifier in self.listed]

    def _account(self, entry: AccountEntry, invoices: list[wire.InvoiceAnswer]) -> Iterator[DoctorLine]:
        """Whether the account is listed, with which role, and whether its invoices may be read."""
        item = self.listed.get(entry.id)
        title = f'{entry.id} "{entry.name or (item.name if item else "") or ""}"'
        if item is None:
            yield wrong("account", f"{title} is not among the accounts listed", "correct the id, or ask for access", 5)
            return
        if item.role and item.role not in ROLES:
            yield wrong("account", f"{title}: the role is {item.role}", f"ask an owner for {ROLES[-1]}", 5)
            return
        yield from self._readable(entry, title, item, invoices)

    def _readable(
        self, entry: AccountEntry, title: str, item: wire.AccountAnswer, invoices: list[wire.InvoiceAnswer]
    ) -> Iterator[DoctorLine]:
        request = {"id": entry.id, "billingAccountId": entry.id}
        credential = self.session.credentials.of(entry)
        try:
            rows = self.questions.items(
                "billing.listInvoices", request, wire.InvoiceAnswer, credential, account=entry.id
            )
        except AccessError as error:
            yield wrong("account", f"{title}: {error.message}", error.remedy, 5)
            return
        except ChargebackError as error:
            if "not active" not in error.message:
                raise
            yield notice("account", f"{title} is not active", "nothing, if it should be; else ask deploys.app")
            return
        invoices.extend(rows)
        yield good("account", f"{title}: {item.role or 'role unknown'}, {counted(len(rows), 'invoice')}")


def _skew(date: str | None, now: datetime) -> Iterator[DoctorLine]:
    """How far this machine's clock is from the server's ``Date``."""
    theirs = parse_http_date(date)
    if theirs is None:
        yield notice("clock", "the platform's answer has no Date", "compare the clock by hand")
        return
    seconds = (now - theirs).total_seconds()
    skew = f"{abs(seconds):,.0f} s {'ahead of' if seconds > 0 else 'behind'} the platform's"
    if abs(seconds) > GROSS_SKEW:
        yield wrong("clock", f"{skew}: another month may be closed than is meant", "set the clock (NTP)")
    elif abs(seconds) > SLIGHT_SKEW:
        yield notice("clock", skew, "set the clock (NTP)")
    else:
        yield good("clock", f"within {SLIGHT_SKEW} s of the platform's")
