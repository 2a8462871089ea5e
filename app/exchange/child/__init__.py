"""Programs that run in a process of their own, on files that strangers made.

Each is started by its path and imports nothing of this application: a parser that aborts, or that a hostile file
drives into its limits, takes nothing with it. See :mod:`app.exchange.isolation`.
"""
