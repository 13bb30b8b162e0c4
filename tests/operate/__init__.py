"""Operating the job: init, doctor, schedule, usage, notify."""
