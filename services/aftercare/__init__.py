"""Looks after cases once they are answered, by itself: surveys, closing, archiving, removal of
personal data. It decides nothing: it asks each case that is due, and the case decides (ADR 0037).
"""
