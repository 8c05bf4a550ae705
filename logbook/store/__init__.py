"""The rooms that touch disk and Git: codec, plumbing, book discovery, record files, locks."""
