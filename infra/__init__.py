"""What the services run on: the engines, embedded or in containers, and what watches them."""
