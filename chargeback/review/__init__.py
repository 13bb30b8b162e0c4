"""Reading the archive back: show, explain, diff, plan, sign; offline, whatever the archived configuration says."""
