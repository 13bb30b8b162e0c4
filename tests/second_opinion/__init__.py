"""A second implementation of BOOKING.md, plain and slow, and the comparison of the first one with it."""
