"""All tests: hypothesis draws the same examples on every run, and may take its time on busy machines."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
