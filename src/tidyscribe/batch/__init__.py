"""The run: planning, carrying, pacing, polling, and the events that tell of it."""
