"""The form engine: definitions in; validated answers, columns, differences and forms out. No web, no database."""
