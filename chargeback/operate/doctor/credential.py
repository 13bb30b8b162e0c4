"""The credential: of what kind, and whether it will still live when the next month is due (CONTRACT, transport)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from chargeback.collect.credentials import PASSWORD, USER, Credential
from chargeback.config import Config
from chargeback.operate.deploy.needs import credential_names
from chargeback.operate.doctor.lines import DoctorLine, good, notice, wrong

SERVICE_ACCOUNT = "set DEPLOYS_AUTH_USER and DEPLOYS_AUTH_PASS to a service account and its key"
A_MONTH = timedelta(days=35)
"""A credential that lives shorter than this dies before the next month's run."""


def credential_lifetime(credential: Credential, user: str, now: datetime) -> Iterator[DoctorLine]:
    """The credential's kind and how long it lives; ``CredentialError`` where it cannot be obtained."""
    grant = credential.grant()
    if credential.source == f"{USER} and {PASSWORD}":
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
