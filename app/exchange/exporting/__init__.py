"""Exports: from records to a file, every cell by the law."""
