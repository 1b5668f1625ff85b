"""The geometry of sliding windows."""
