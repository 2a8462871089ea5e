"""The versions of a form: compared, and taken back."""
