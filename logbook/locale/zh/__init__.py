"""Chinese words, one module an area."""
