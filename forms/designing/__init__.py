"""Working on a definition before it is published: raw in, raw out, and every mistake said in a sentence.

A draft may be broken in any way while somebody is at it, so these modules read raw definitions and trust nothing.
"""
