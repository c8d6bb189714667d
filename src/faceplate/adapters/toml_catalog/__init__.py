"""Prompt applications in TOML files."""
