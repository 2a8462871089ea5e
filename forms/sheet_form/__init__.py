"""An existing Excel sheet as the draft of a form: what was inferred, how sure that is, and what to ask.

Pure: it takes cells, merged ranges, number formats and validations as plain values. Values of sample rows decide types
and are then forgotten: neither the definition nor the report holds one.
"""
