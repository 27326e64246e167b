"""The clocks of a case: limits as data, a ledger of events, deadlines, and who used the time.

Nothing here knows what time it is: every instant comes with an event or as an argument.
"""
