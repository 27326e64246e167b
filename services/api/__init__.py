"""The HTTP API: contacts and commands come in, cases and tracking pages go out.

It writes to Kafka only and reads from MongoDB only; what it accepted is in Kafka before it
says so.
"""
