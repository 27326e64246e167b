"""The only writer of cases: life cycle, commands, history, sequence numbers (ADR 0002)."""
