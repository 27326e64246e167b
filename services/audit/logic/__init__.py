"""The checks, one module each. Nothing here reads a topic, a database or a clock.

A check is fed what was read, in any number of pieces, and then says what it found
(:class:`~services.audit.logic.findings.Findings`).
"""
