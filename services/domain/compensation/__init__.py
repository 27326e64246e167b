"""What a compensation may come to, step by step: guidance for a person, never a decision."""
