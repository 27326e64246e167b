"""The command line ``./complaints``: start, feed, look, act, prove.

Every command imports what it needs when it runs, so that ``--help`` and the small commands
answer at once.
"""
