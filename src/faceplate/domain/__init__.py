"""Pure values and rules: no vendor, no web, no disk."""
