"""The tests of the whole tree; helpers that several folders share."""
