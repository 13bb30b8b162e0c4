"""The job: run, rebuild, verify; the only place that joins collecting, the pure way, and the archive."""
