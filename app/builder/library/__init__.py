"""The library of question blocks."""
