"""The nouns: money, period, invoice, report, ledger line, check; and the decoding of bytes into them."""
