"""Definitions as text: read from YAML, JSON or pasted questions, and written as the same text always."""
