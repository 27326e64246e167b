"""The clerks' console: cases to look at and act on, and the pipeline as it runs.

A process of its own. It reads what MongoDB holds, asks the workers how they are, and acts
through the HTTP API, as any other client.
"""
