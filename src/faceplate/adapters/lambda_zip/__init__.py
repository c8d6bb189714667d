"""The zip that AWS Lambda runs: built anywhere, the same bytes every time."""
