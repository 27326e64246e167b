"""Surges in counts that ``cases`` has summed per hub and category.

The one worker on faust-streaming: a record repeated or skipped here harms nobody, since
managers' figures come from MongoDB. The guard rails are in ``app``.
"""
