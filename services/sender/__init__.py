"""Sends what notification asked for, outside any transaction, and says how it ended (ADR 0008)."""
