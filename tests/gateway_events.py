"""Events as API Gateway and S3 send them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus


@dataclass
class Context:
    """What the runtime says about an invocation."""

    aws_request_id: str = "8f0c2a4e-invocation"
    left_ms: int = 28_000

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms


def gateway_event(
    method: str = "GET",
    path: str = "/v1/health",
    *,
    body: bytes | str | None = None,
    headers: dict[str, list[str]] | None = None,
    query: dict[str, list[str]] | None = None,
    key_id: str | None = "a1b2c3",
    stage: str = "v1stage",
    base_path: str = "",
    resource: str = "/{proxy+}",
) -> dict[str, Any]:
    """One event of a REST API's proxy integration; ``base_path`` as of a custom domain."""
    prefix = resource.replace("{proxy+}", "")
    parameters = {"proxy": path[len(prefix) :]} if "{proxy+}" in resource else None
    many = {"Host": ["abc.execute-api.eu-west-1.amazonaws.com"], **(headers or {})}
    raw = isinstance(body, bytes)
    seen = base_path + path
    return {
        "resource": resource,
        "path": seen,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in many.items()},
        "multiValueHeaders": many,
        "queryStringParameters": {n: v[-1] for n, v in query.items()} if query else None,
        "multiValueQueryStringParameters": query,
        "pathParameters": parameters,
        "stageVariables": None,
        "requestContext": {
            "stage": stage,
            "path": seen if base_path else f"/{stage}{path}",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": "192.0.2.7", "apiKeyId": key_id, "apiKey": None},
        },
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": raw,
    }


def s3_record(key: str, bucket: str = "pictures", event: str = "ObjectCreated:Put") -> Any:
    """One record of an S3 event."""
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": event,
        "s3": {
            "bucket": {"name": bucket},
            "object": {"key": quote_plus(key, safe="/"), "size": 1024, "sequencer": "0055"},
        },
    }


SNS_EVENT = {
    "Records": [
        {"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {"Message": '{"Records": []}'}}
    ]
}
SQS_EVENT = {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": "{}"}]}


def queued(*bodies: object) -> dict[str, Any]:
    """Return an event of messages of a queue, numbered from 0."""
    return {
        "Records": [
            {
                "messageId": str(number),
                "receiptHandle": "handle",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:faceplate-arrivals",
                "awsRegion": "eu-west-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


S3_TEST_EVENT = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "pictures"}
