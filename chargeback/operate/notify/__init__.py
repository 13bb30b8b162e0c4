"""Telling people and monitoring what came of a run; nothing in here ever fails the run."""
