"""The clocks of a case: when it is warned, breached and escalated; what fires is a proposal."""
