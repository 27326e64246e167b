"""State machines that drive the real handlers and compare them with a model of a few lines."""
