"""Incidents: many cases of one cause."""
