"""All tests: hypothesis draws the same examples on every run, and may take its time on busy machines."""

from hypothesis import settings

import habitus  # noqa: F401  (before torch: it sets how OpenMP waits, on which busy machines depend)

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
