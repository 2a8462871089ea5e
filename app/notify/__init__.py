"""Messages to people: what a workflow says to whom, and what each has read."""
