"""Say, for a load on AWS, which limit is met first, what a month costs, and what to raise.

A model on paper: prices and limits are the assumptions below, with the day they were written down.
Nobody has held them against a bill.
Regions, discounts and free tiers differ; look at AWS's own pages before money depends on it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass

ASSUMED_ON = "2026-11"
SECONDS_A_MONTH = 30 * 86_400

# USD, region us-east-1, without free tiers. Sources: AWS's pricing pages of each service.
PRICES: Mapping[str, float] = {
    "gateway_million_requests": 3.50,
    "lambda_million_requests": 0.20,
    "lambda_gb_second_arm64": 0.0000133334,
    "snapshot_gb_second": 0.0000015046,
    "snapshot_restored_gb": 0.0001397998,
    "rekognition_image_to_1m": 0.0010,
    "rekognition_image_to_5m": 0.0008,
    "rekognition_image_to_35m": 0.0006,
    "rekognition_image_above": 0.0004,
    "rekognition_face_month": 0.00001,
    "dynamodb_million_writes": 0.625,
    "dynamodb_million_reads": 0.125,
    "dynamodb_gb_month": 0.25,
    "dynamodb_recovery_gb_month": 0.20,
    "s3_gb_month": 0.023,
    "s3_thousand_puts": 0.005,
    "s3_thousand_gets": 0.0004,
    "logs_gb": 0.50,
    "transfer_out_gb": 0.09,
}

# What one account has before anything is raised. Sources: the quota pages of each service.
LIMITS: Mapping[str, float] = {
    "gateway_rps": 10_000,
    "lambda_concurrency": 1_000,
    "rekognition_index_tps": 5,
    "rekognition_search_tps": 5,
    "rekognition_faces": 20_000_000,
    "dynamodb_table_wcu": 40_000,
    "dynamodb_table_rcu": 40_000,
}
RAISE: Mapping[str, str] = {
    "gateway_rps": "Service Quotas > API Gateway > Throttle rate; above it, several accounts",
    "lambda_concurrency": "Service Quotas > Lambda > Concurrent executions",
    "rekognition_index_tps": "Service Quotas > Rekognition > IndexFaces; else queue by inbox/",
    "rekognition_search_tps": "Service Quotas > Rekognition > SearchFacesByImage",
    "rekognition_faces": "not raised: a second collection, chosen by collection_id",
    "dynamodb_table_wcu": "Service Quotas > DynamoDB > table-level write units",
    "dynamodb_table_rcu": "Service Quotas > DynamoDB > table-level read units",
}

# What one request uses. Durations: Rekognition's and the provider's answers dominate.
INDEX_S, SEARCH_S, CHAT_S, READ_S = 1.2, 0.6, 2.5, 0.06
MEMORY_GB: Mapping[str, float] = {"text": 0.5, "vision": 1.0}
ENVIRONMENT_S = 3_600.0
"""How long an environment of a function lives before another is started from the snapshot."""
FACES_A_PICTURE = 1.5
WRITES_A_PICTURE, READS_A_PICTURE = 12.0, 6.0
READS_A_SEARCH, WRITES_A_CHAT, READS_A_READ = 3.0, 2.0, 2.0
RECORD_BYTES, LOG_BYTES = 2_500.0, 700.0


@dataclass(frozen=True)
class Load:
    """What is asked of the service; rates are averages over a month, in requests a second."""

    index_rps: float = 0.0
    search_rps: float = 0.0
    chat_rps: float = 0.0
    read_rps: float = 0.0
    faces: float = 0.0
    picture_bytes: float = 400_000.0
    versions: float = 1.0
    """Versions of each function that are kept, each with its snapshot; 0 is without SnapStart."""
    peak: float = 3.0
    """How many times the average the busiest second is."""

    @property
    def rps(self) -> float:
        """All requests together."""
        return self.index_rps + self.search_rps + self.chat_rps + self.read_rps


def uses(load: Load) -> dict[str, float]:
    """Return what the busiest second, and the store, need of each limit."""
    busy = load.peak
    running = (
        load.index_rps * INDEX_S
        + load.search_rps * SEARCH_S
        + load.chat_rps * CHAT_S
        + load.read_rps * READ_S
    )
    writes = load.index_rps * WRITES_A_PICTURE + load.chat_rps * WRITES_A_CHAT
    reads = (
        load.index_rps * READS_A_PICTURE
        + load.search_rps * READS_A_SEARCH
        + load.read_rps * READS_A_READ
    )
    return {
        "gateway_rps": busy * load.rps,
        "lambda_concurrency": busy * running,
        "rekognition_index_tps": busy * load.index_rps,
        "rekognition_search_tps": busy * load.search_rps,
        "rekognition_faces": load.faces,
        "dynamodb_table_wcu": busy * writes,
        "dynamodb_table_rcu": busy * reads,
    }


def limits_met(load: Load) -> list[tuple[str, float]]:
    """Return every limit with the share of it that is used, the fullest first."""
    used = uses(load)
    shares = [(name, used[name] / limit) for name, limit in LIMITS.items()]
    return sorted(shares, key=lambda one: -one[1])


def rekognition_images_usd(images: float) -> float:
    """Return what a month's pictures cost: each further million is cheaper in four steps."""
    steps = (
        (1e6, PRICES["rekognition_image_to_1m"]),
        (4e6, PRICES["rekognition_image_to_5m"]),
        (30e6, PRICES["rekognition_image_to_35m"]),
        (float("inf"), PRICES["rekognition_image_above"]),
    )
    total = 0.0
    for width, price in steps:
        part = min(images, width)
        total += part * price
        images -= part
    return total


def snapshots_usd(load: Load, gb_seconds: float) -> float:
    """Return what SnapStart costs: keeping each version's snapshot, and starting from it."""
    if load.versions == 0:
        return 0.0
    kept_gb = load.versions * sum(MEMORY_GB.values())
    restored_gb = gb_seconds / ENVIRONMENT_S
    return (
        kept_gb * SECONDS_A_MONTH * PRICES["snapshot_gb_second"]
        + restored_gb * PRICES["snapshot_restored_gb"]
    )


def monthly_usd(load: Load) -> dict[str, float]:
    """Return what a month costs, service by service; the language provider's bill is its own."""
    month = SECONDS_A_MONTH
    requests = load.rps * month
    vision_s = load.index_rps * INDEX_S + load.search_rps * SEARCH_S + load.read_rps * READ_S
    gb_seconds = month * (
        vision_s * MEMORY_GB["vision"] + load.chat_rps * CHAT_S * MEMORY_GB["text"]
    )
    pictures = load.faces / FACES_A_PICTURE
    stored_gb = pictures * load.picture_bytes / 1e9
    records_gb = load.faces * RECORD_BYTES / 1e9
    writes = month * (load.index_rps * WRITES_A_PICTURE + load.chat_rps * WRITES_A_CHAT)
    reads = month * (
        load.index_rps * READS_A_PICTURE
        + load.search_rps * READS_A_SEARCH
        + load.read_rps * READS_A_READ
    )
    recovery = PRICES["dynamodb_gb_month"] + PRICES["dynamodb_recovery_gb_month"]
    return {
        "API Gateway": requests / 1e6 * PRICES["gateway_million_requests"],
        "Lambda": requests / 1e6 * PRICES["lambda_million_requests"]
        + gb_seconds * PRICES["lambda_gb_second_arm64"],
        "Lambda, snapshots": snapshots_usd(load, gb_seconds),
        "Rekognition, pictures": rekognition_images_usd((load.index_rps + load.search_rps) * month),
        "Rekognition, faces kept": load.faces * PRICES["rekognition_face_month"],
        "DynamoDB": writes / 1e6 * PRICES["dynamodb_million_writes"]
        + reads / 1e6 * PRICES["dynamodb_million_reads"]
        + records_gb * recovery,
        "S3": stored_gb * PRICES["s3_gb_month"]
        + load.index_rps * month / 1e3 * PRICES["s3_thousand_puts"],
        "CloudWatch logs": 2 * requests * LOG_BYTES / 1e9 * PRICES["logs_gb"],
        "Transfer out": requests * 2_000 / 1e9 * PRICES["transfer_out_gb"],
    }


def main() -> None:
    """Print the answer for one load."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, about in (
        ("index-rps", "pictures indexed a second"),
        ("search-rps", "searches a second"),
        ("chat-rps", "application runs and chats a second"),
        ("read-rps", "listings and downloads a second"),
        ("faces", "faces kept"),
    ):
        parser.add_argument(f"--{name}", type=float, default=0.0, help=about)
    parser.add_argument("--picture-bytes", type=float, default=400_000.0, help="of one picture")
    parser.add_argument("--versions", type=float, default=1.0, help="kept of each function")
    parser.add_argument("--peak", type=float, default=3.0, help="busiest second over the average")
    parser.add_argument("--json", action="store_true")
    asked = vars(parser.parse_args())
    as_json = asked.pop("json")
    load = Load(**asked)
    met, costs = limits_met(load), monthly_usd(load)
    total = sum(costs.values())
    if as_json:
        shares = dict(met)
        print(json.dumps({"limits": shares, "monthly_usd": costs, "total_usd": total}))
        return
    print(f"limit, by share used (assumptions of {ASSUMED_ON})")
    for name, share in met:
        action = f"   raise: {RAISE[name]}" if share > 0.8 else ""
        print(f"  {name:24} {100 * share:8.1f} % of {LIMITS[name]:>12,.0f}{action}")
    print(f"\na month, USD (assumed prices of {ASSUMED_ON}: hold them against AWS's own)")
    for name, usd in [*costs.items(), ("together", total)]:
        print(f"  {name:24} {usd:12,.2f}")


if __name__ == "__main__":
    main()
