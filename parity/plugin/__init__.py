"""What ``pytest --parity`` brings in; ``hooks`` is what pytest loads."""
