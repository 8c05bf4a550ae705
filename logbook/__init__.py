"""Record keeping for a property company's customer-service department, in plain text and Git."""

__version__ = "0.1.0"
