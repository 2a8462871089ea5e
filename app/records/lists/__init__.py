"""Lists of records: found, filtered, ordered, paged and summed up by the law."""
