"""The command line: the only importer of click, the only room that prints."""
