"""Implementations of the ports, one family per vendor; families never import each other."""
