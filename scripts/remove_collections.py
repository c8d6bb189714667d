"""Delete the collections of Rekognition that callers made beside the stack's own.

Terraform does not know them: they come with the first picture that names them. `make destroy` calls
this when the stack is gone, with the name of its default collection.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from stack_state import values


def remove(client: Any, collection: str) -> list[str]:
    """Delete those called after a collection with a dot; return their ids."""
    found: list[str] = []
    request: dict[str, str] = {}
    while True:
        page = client.list_collections(**request)
        found += [one for one in page["CollectionIds"] if one.startswith(f"{collection}.")]
        if not page.get("NextToken"):
            break
        request["NextToken"] = page["NextToken"]
    for collection_id in found:
        client.delete_collection(CollectionId=collection_id)
    return found


def main() -> int:
    """Delete them in the account and region of terraform.tfvars."""
    (collection,) = sys.argv[1:] or [""]
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,30}", collection):
        print(
            "Terraform did not say what the stack was called. See whether it left collections: "
            "aws rekognition list-collections",
            file=sys.stderr,
        )
        return 1
    found = values()
    session = botocore.session.Session(profile=found.get("aws_profile"))
    client = session.create_client("rekognition", region_name=found["aws_region"])
    try:
        for collection_id in remove(client, collection):
            print(f"collection deleted with its faceprints: {collection_id}")
    except (BotoCoreError, ClientError) as exc:
        print(f"Collections called {collection}.* may be left: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
