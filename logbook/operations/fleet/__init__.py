"""Many sites at once: the list of books, each asked in its own terms, and their records as one data set."""
