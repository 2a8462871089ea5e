"""The list editor: pages on which a draft is edited piece by piece, without JavaScript."""
