"""The audit: every commit of a book held to the rules of the trail."""
