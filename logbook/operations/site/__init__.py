"""The read-only site: which pages there are, what they tell, and which of them changed."""
