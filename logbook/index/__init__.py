"""The disposable SQLite cache of a book, its query language and its full text search."""
