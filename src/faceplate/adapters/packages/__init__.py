"""Files that arrive inside packages, or from a plain address."""
