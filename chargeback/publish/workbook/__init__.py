"""The workbooks that people open: one ledger a team, and the auditor's workpaper (issue 11)."""
