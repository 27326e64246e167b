"""Wire contracts: every record on every topic, the topic table, the vocabulary.

Nothing here does IO, reads a clock or knows who uses it; every other package may
import this one, and it imports nothing of ours.
"""
