"""The case path under a seeded scheduler: crashes, zombies, outages, and a judge of its own.

``python -m tests.simulation --seeds 1000`` runs seeds and says how to replay one that fails.
"""
