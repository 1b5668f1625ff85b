"""Resizing by a weighted sum along each axis."""
