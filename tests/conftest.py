"""One profile of hypothesis for every run: the same examples each time, so that a red test is red for everybody."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("same", derandomize=True, database=None)
settings.load_profile("same")
