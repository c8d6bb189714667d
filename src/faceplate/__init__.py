"""Faceplate: one REST API in front of face recognition and prompt applications."""

__version__ = "0.1.0"
