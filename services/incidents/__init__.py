"""Many cases of one kind at one place: seen, kept together, ended."""
