"""The frameworks, one file each."""
