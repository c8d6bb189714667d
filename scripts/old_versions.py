"""Delete the functions' versions that no alias names, but for the newest.

Each deployment publishes one, and SnapStart's snapshot of each is paid for as long as it is there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from stack_state import STACK, values


def prune(client: Any, function: str) -> list[str]:
    """Delete what is old of one function; return the versions that are gone."""
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    found = [one["Version"] for page in pages for one in page["Versions"]]
    numbered = sorted((one for one in found if one.isdecimal()), key=int)
    aliases = client.get_paginator("list_aliases").paginate(FunctionName=function)
    named = {one["FunctionVersion"] for page in aliases for one in page["Aliases"]}
    gone = [one for one in numbered[:-1] if one not in named]
    for version in gone:
        client.delete_function(FunctionName=function, Qualifier=version)
    return gone


def main() -> int:
    """Delete the old versions of the stack that Terraform knows."""
    command = ["terraform", f"-chdir={STACK}", "output", "-json", "functions"]
    functions = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    found = values()
    session = botocore.session.Session(profile=found.get("aws_profile"))
    client = session.create_client("lambda", region_name=found["aws_region"])
    try:
        for function in functions:
            gone = prune(client, function)
            if gone:
                print(f"{function}: old versions deleted: {', '.join(gone)}")
    except (BotoCoreError, ClientError) as exc:
        print(f"Old versions were not deleted: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
