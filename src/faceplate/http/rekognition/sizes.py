"""How long a body may be."""

from __future__ import annotations

MAX_BLOB_CHARS = 6_990_508
"""Base64 of the largest picture a request may carry, 5,242,880 bytes."""

MAX_REST_BYTES = 1_048_576
"""Room for everything else; the longest valid rest, 200 tags all escaped, needs 460,800."""

MAX_BODY_BYTES = MAX_REST_BYTES + 2 * MAX_BLOB_CHARS
"""No operation takes more than two pictures."""
