"""Deterministic checks of models' answers. Nothing a model wrote is ever executed."""
