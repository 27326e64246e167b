"""Which case a contact belongs to, and how it relates to it (ADRs 0001 and 0002)."""
