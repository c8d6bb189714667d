"""OpenAI-compatible providers over HTTP."""
