"""Problem packages: reading, checking and storing them."""
