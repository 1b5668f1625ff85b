"""Gathering, scattering, sorting and sequences."""
