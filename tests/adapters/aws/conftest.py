"""An installation on AWS that can be cut off, looked into and started again."""

from __future__ import annotations

import pytest

from aws_building import Installation
from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.table import DynamoTable


@pytest.fixture
def installation(all_aws: AwsClients, dynamo_table: DynamoTable, bucket: str) -> Installation:
    return Installation(all_aws, dynamo_table.name, bucket)
