"""What the tests of commands share: the archives of the review room, and a way to call a command."""

from __future__ import annotations

from tests.review.conftest import hostile, office, offline, own_office

__all__ = ["hostile", "office", "offline", "own_office"]
