"""Imports: from an uploaded file to records, checked first and confirmed by its owner."""
