"""Who may ask: Bearer tokens and service accounts (Basic), each with accounts, role, expiry and number of uses."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

TOKEN = "sandbox-token"  # noqa: S105  (no secret: everybody may know it)
BILLING_ROLES = frozenset({"owner", "admin", "accountant"})
Projects = Literal["all", "few", "none", "refused"]


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential; `token` for Bearer, `user` and `password` for Basic."""

    token: str = ""
    user: str = ""
    password: str = ""
    role: str = "accountant"  # another than owner, admin or accountant sees accounts but may not read billing
    accounts: frozenset[str] | None = None  # ids it sees; None: all
    projects: Projects = "all"  # what project.list shows: few: the first of each account; refused: api: forbidden
    valid_until: datetime | None = None
    uses: int | None = None  # how many calls it is good for

    def sees(self, account_id: str) -> bool:
        return self.accounts is None or account_id in self.accounts

    @property
    def secret(self) -> str:
        """What must never leave the API: the token or the password."""
        return self.token or self.password


class Keyring:
    """The credentials that the platform knows, and how often each was used."""

    def __init__(self, credentials: Iterable[Credential]) -> None:
        self._credentials = list(credentials)
        self._uses: dict[Credential, int] = {}
        self._lock = threading.Lock()

    @property
    def first(self) -> Credential:
        """The credential that a test or demo uses when it has no wish of its own."""
        return self._credentials[0]

    def add(self, credential: Credential) -> None:
        """Know another credential from now on: a token that was minted, or a service account's new key."""
        with self._lock:
            self._credentials.append(credential)

    def remove(self, credential: Credential) -> None:
        """Forget a credential: it is refused from now on."""
        with self._lock:
            self._credentials.remove(credential)

    def admit(self, authorization: str, moment: datetime) -> Credential | None:
        """The credential of an `Authorization` header, counted as used; None if it is missing, wrong or spent."""
        with self._lock:
            for credential in self._credentials:
                if _presents(authorization, credential) and self._good(credential, moment):
                    self._uses[credential] = self._uses.get(credential, 0) + 1
                    return credential
        return None

    def occurs_in(self, texts: Iterable[str]) -> bool:
        """Whether any known secret is part of any of the texts."""
        shown = "\n".join(texts)
        return any(credential.secret in shown for credential in self._credentials if credential.secret)

    def _good(self, credential: Credential, moment: datetime) -> bool:
        if credential.valid_until is not None and credential.valid_until <= moment:
            return False
        return credential.uses is None or self._uses.get(credential, 0) < credential.uses


def _presents(authorization: str, credential: Credential) -> bool:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return bool(credential.token) and value.strip() == credential.token
    if scheme.lower() != "basic" or not credential.user:
        return False
    try:
        return base64.b64decode(value.strip(), validate=True).decode() == f"{credential.user}:{credential.password}"
    except (binascii.Error, UnicodeDecodeError):
        return False
