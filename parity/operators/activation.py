"""Activations: element by element, with a shape of their own."""
