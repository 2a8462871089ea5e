"""The pages of code lists."""
