"""What rewrites an exported file before a runtime reads it, one file each."""
