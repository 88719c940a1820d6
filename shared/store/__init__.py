"""The ledger in PostgreSQL: the only package that speaks SQL, and the SQL lives in `queries/*.sql`."""
