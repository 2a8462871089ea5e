"""Requests to export personal data in plain: asked with a purpose, decided by a second person, used once."""
