"""Publishing a form: what it would change, who decides, and the new version."""
