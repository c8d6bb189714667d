"""Exact search over numpy matrices in memory."""
