"""The workers, the API and the command line, over shared runtime, adapters and domain."""
