"""The judge image: what is in it, and how it is made where there is no image registry."""
