"""Sums, means, extremes and norms along axes."""
