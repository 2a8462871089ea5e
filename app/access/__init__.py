"""Who may see and do what: one law, at every door."""
