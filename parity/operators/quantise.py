"""Quantising to integers and back."""
