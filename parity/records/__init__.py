"""What is written down: the lines of a records file, their words, and how files are read, merged and compared."""
