"""Words for people: one catalogue a language, one module an area, read only when needed."""
