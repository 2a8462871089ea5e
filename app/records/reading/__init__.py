"""One record as its reader may see it, with what became of it."""
