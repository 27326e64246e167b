"""Settings of the property tests."""

from hypothesis import settings

# A busy machine is no failure; what must be fast measures its own processor time.
settings.register_profile("unit", deadline=None)
settings.load_profile("unit")
