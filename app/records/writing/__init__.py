"""Writing records: what is stored, for whom, and what follows from it."""
