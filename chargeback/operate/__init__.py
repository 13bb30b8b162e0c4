"""From nothing to a trusted monthly job, and costs watched in between: init, doctor, schedule, usage, notify."""
