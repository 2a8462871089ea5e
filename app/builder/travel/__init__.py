"""Definitions that come and go as files, ours and those of other tools."""
