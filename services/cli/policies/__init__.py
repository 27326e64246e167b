"""Policies as products: what kinds there are, checked, compared and tried before they count."""
