"""The archives of the review room: what this room makes is read in them."""

from __future__ import annotations

from tests.review.conftest import office, own_office

__all__ = ["office", "own_office"]
