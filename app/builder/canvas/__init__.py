"""The canvas of the form builder."""
