"""Organizations, accounts, posts, roles and sessions."""
