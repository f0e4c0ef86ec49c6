"""The tables: their schemas, and how replies become rows of them."""
