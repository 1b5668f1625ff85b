"""Small networks for phones."""

from mobile.layers import CappedReLU
from mobile.networks import inverted_residual

__all__ = ["CappedReLU", "inverted_residual"]
