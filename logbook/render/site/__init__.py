"""The pages of the read-only site as HTML, with one style sheet and one script."""
