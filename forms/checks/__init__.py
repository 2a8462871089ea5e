"""What would break, or puzzle its readers, if a form were published: one module for each concern.

Every module has a function that takes a definition and yields issues; :mod:`forms.checking` runs them all.
"""
