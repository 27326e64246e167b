"""Which team a contact belongs to: a policy tree, stateless, never nobody."""
