"""False passes: a right month, altered in something material, must never end reconciled (BOOKING 2 to 6)."""
