"""onnxruntime: the embedded face engine, its models and their conversion."""

import os

# Builds since 1.32 keep a device id and report to Microsoft unless this is set before the import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
