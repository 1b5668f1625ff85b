"""Sums of products: convolutions and matrix products."""
