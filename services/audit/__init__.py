"""The proof of the guarantees: what stands on the topics against what stands in the database.

Written apart from what it examines: it imports the record contracts and the settings, never
the workers' decisions or the stores, reads with another Kafka client than the workers, and
folds cases with code of its own. ``logic`` decides and does no IO; the modules beside it read.
"""
