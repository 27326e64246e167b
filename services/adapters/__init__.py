"""Everything that does IO: MongoDB, Kafka, the clock; and in-memory twins of the stores."""
