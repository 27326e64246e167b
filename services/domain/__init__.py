"""Pure language shared by all services: errors, ports, identifiers, outcomes.

Nothing here reads a clock, a topic, a database or the environment; ``policies`` reads the
one file it is given.
"""
