"""Values to text: tables, machine shapes, pages and sheets; nothing here prints."""
