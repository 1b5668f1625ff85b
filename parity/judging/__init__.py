"""What a route should have computed, and what is said of what it did compute."""
