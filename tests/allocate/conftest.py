"""The archives of the review room: what this room makes is read in them."""

from __future__ import annotations

from tests.review.conftest import hostile, office

__all__ = ["hostile", "office"]
