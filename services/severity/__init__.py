"""What one contact is about and how bad it is, by the labelling guide; no state, no IO."""
