"""A mail server and a webhook gateway that keep what they get: for demos and tests, never for
production. ``python -m infra.catcher --smtp PORT --http PORT``."""

from infra.catcher.box import Box, Caught, Fault
from infra.catcher.catcher import Catcher

__all__ = ["Box", "Catcher", "Caught", "Fault"]
