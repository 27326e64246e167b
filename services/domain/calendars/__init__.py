"""Working time: which minutes count, when a budget of them is used up, and why.

``plan`` is a calendar as people write it, ``policy`` the named ones that come with the system,
``worktime`` adds and counts, ``explain`` says what each minute of a span was. Nothing here
knows what time it is; every instant is aware and held in UTC.
"""
