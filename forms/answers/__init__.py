"""Answers: brought into their canonical form, checked, masked and compared."""
