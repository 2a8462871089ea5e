"""Records when their form has a new version: upgraded, converted, set aside."""
