"""Invented organizations, people and records of a city, for demonstrations and tests; the same for the same seed."""
