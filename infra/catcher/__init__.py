"""A mail server, a short message centre and gateways over HTTP that keep what they get: for
demos and tests, never for production. ``python -m infra.catcher --smtp PORT --http PORT``."""

from infra.catcher.box import Box, Caught, Fault
from infra.catcher.catcher import Catcher

__all__ = ["Box", "Catcher", "Caught", "Fault"]
