"""What ``pytest --parity`` brings in."""
