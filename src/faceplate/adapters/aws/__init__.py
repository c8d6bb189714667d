"""Amazon Web Services behind our ports; the only home of boto3."""
