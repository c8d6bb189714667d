"""Amazon Rekognition's own protocol: AWS JSON 1.1 at ``POST /``."""
