"""The kinds that are known and dropped on purpose, each with its reason."""

IGNORED = {
    "LEAD_ACTION": "leads of advertisements are a product of their own",
}
