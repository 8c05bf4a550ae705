"""English words, one module an area."""
