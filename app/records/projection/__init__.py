"""The projection: one typed table per form, made from the ledger."""
