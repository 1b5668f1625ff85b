"""Normalisation by statistics, and softmax."""
