"""The words of notices: what each says, in two languages, per kind of channel, as data."""
