"""A second implementation of docs/rules/booking.md, plain and slow, and the comparison of the first one with it."""
