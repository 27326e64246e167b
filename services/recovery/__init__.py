"""Backup, restore and rebuild (ADR 0020).

A backup is a snapshot of MongoDB and the places in Kafka that belong to it. A restore loads the
snapshot and rolls forward what the topics say happened after it: decisions, logs, notices and
attempts. It decides nothing again and sends nothing again.
"""
