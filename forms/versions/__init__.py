"""Two versions of a form: what changed, how grave it is, and what becomes of the answers."""
