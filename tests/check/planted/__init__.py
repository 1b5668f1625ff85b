"""Faults planted by stage in installed frameworks, and the models of one's own that meet them."""
