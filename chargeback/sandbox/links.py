"""Signed links to documents, on another host than the API, good for a short while."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs, urlsplit

DocumentKind = Literal["invoice", "receipt"]


@dataclass(slots=True)
class Links:
    """How links are made and proved; `base` is set by the server that serves the files."""

    base: str = "http://files.sandbox.invalid"
    lifetime: timedelta = timedelta(minutes=5)
    key: bytes = b"sandbox"

    def make(self, kind: DocumentKind, invoice_id: str, now: datetime) -> tuple[str, datetime]:
        """The link to a document, and when it expires."""
        expires_at = (now + self.lifetime).replace(microsecond=0)
        path = f"/dropbox/{kind}/{invoice_id}.pdf"
        stamp = int(expires_at.timestamp())
        return f"{self.base}{path}?expires={stamp}&signature={self._sign(path, stamp)}", expires_at

    def prove(self, target: str, now: datetime) -> tuple[DocumentKind, str] | None:
        """The document that a link is for; None if it is forged or has expired."""
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        pieces = parts.path.split("/")
        stamp = query.get("expires", [""])[0]
        if len(pieces) != 4 or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
            return None
        signature = query.get("signature", [""])[0]
        if not hmac.compare_digest(signature.encode(), self._sign(parts.path, int(stamp)).encode()):
            return None
        if int(stamp) <= now.timestamp():
            return None
        return ("receipt" if pieces[2] == "receipt" else "invoice"), pieces[3].removesuffix(".pdf")

    def _sign(self, path: str, stamp: int) -> str:
        return hmac.new(self.key, f"{path}?{stamp}".encode(), hashlib.sha256).hexdigest()[:32]
