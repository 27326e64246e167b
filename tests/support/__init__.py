"""What tests share and import: builders, waiting, namespaces, worker processes."""
