"""Whom to tell what about a change of a case, over which channel; decides only (ADR 0008)."""
