"""Operators that move, select or copy values; nothing is rounded."""
