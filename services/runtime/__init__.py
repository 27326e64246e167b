"""The one batch loop every worker of the case path runs on, and what surrounds it."""
