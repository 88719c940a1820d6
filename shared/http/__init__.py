"""Calls to the outside: one client, its budget, and the guard for addresses that users supply."""
