"""Creating a form: what it begins as, and what it needs around it."""
