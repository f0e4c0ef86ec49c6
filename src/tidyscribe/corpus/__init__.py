"""What one looks at: the tables of a call or of a whole store."""
