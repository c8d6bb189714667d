"""Make or remove the bucket that keeps Terraform's state; print how to use it.

The bucket is private, encrypted, versioned and reached by TLS alone; Terraform locks the state
with a file beside it (`use_lockfile`), so that no table is needed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import ClientError

STACK = Path(__file__).parents[1] / "terraform"
BACKEND = STACK / "backend.tf"
BLOCK = 'terraform {\n  backend "s3" {}\n}\n'


def values() -> dict[str, str]:
    """Read the three values of a deployment."""
    text = (STACK / "terraform.tfvars").read_text(encoding="utf-8")
    found = dict(re.findall(r'^\s*(\w+)\s*=\s*"([^"]*)"', text, re.MULTILINE))
    missing = [name for name in ("account_id", "aws_region") if not found.get(name)]
    if missing:
        raise SystemExit(f"terraform/terraform.tfvars does not say {' and '.join(missing)}.")
    return found


def make(s3: Any, bucket: str, region: str) -> None:
    """Make the bucket unless it is there, and make sure of how it is kept."""
    where = {} if region == "us-east-1" else {"LocationConstraint": region}
    try:
        s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {}))
    except ClientError as exc:
        if exc.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def remove(s3: Any, bucket: str) -> None:
    """Remove the bucket with every version of the state; refuse while a stack is in it."""
    try:
        pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket))
    except ClientError as exc:
        if exc.response["Error"]["Code"] == "NoSuchBucket":
            return
        raise
    found = [one for page in pages for one in page.get("Versions", [])]
    markers = [one for page in pages for one in page.get("DeleteMarkers", [])]
    for one in found:
        if one["IsLatest"] and one["Key"].endswith(".tfstate"):
            body = s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
            if json.loads(body).get("resources"):
                raise SystemExit(f"{one['Key']} still has a stack in it: make destroy first.")
    for one in (*found, *markers):
        s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=bucket)


def main() -> int:
    """Make, or with ``--remove`` remove, the bucket."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--remove", action="store_true")
    asked = parser.parse_args()
    found = values()
    region = found["aws_region"]
    bucket = f"faceplate-state-{found['account_id']}-{region}"
    session = botocore.session.Session(profile=found.get("aws_profile"))
    s3 = session.create_client("s3", region_name=region)
    try:
        if asked.remove:
            remove(s3, bucket)
            print(f"{bucket} is gone.")
            return 0
        make(s3, bucket, region)
    except ClientError as exc:
        print(f"AWS refused: {exc.response['Error']['Code']}", file=sys.stderr)
        return 1
    profile = f'\nprofile      = "{found["aws_profile"]}"' if found.get("aws_profile") else ""
    print(f"""{bucket} keeps the state now. Put this into terraform/backend.tf

{BLOCK}
and this into terraform/backend.tfvars, which stays out of git:

bucket       = "{bucket}"
key          = "faceplate.tfstate"
region       = "{region}"{profile}
encrypt      = true
use_lockfile = true

Then: terraform -chdir=terraform init -migrate-state -backend-config=backend.tfvars""")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
