"""The only writer of revisions: seal, manifest, chain, lock, verify, reading one back."""
