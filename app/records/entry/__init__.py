"""The entry page: one renderer for add, edit, preview and print."""
