"""The shapes of requests and answers, as the API reference shows them."""
