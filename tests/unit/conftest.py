"""Settings of the unit tests."""

from __future__ import annotations

from hypothesis import settings

# The same examples each time, however slow or busy the machine is.
settings.register_profile("unit", deadline=None, database=None, derandomize=True, max_examples=60)
settings.load_profile("unit")
