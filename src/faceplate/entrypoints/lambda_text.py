"""AWS Lambda: prompt applications and the OpenAI surface. Handler: ``…lambda_text.handler``.

Importing it asks nothing of AWS and needs no account.
"""

from __future__ import annotations

import os

from faceplate.bootstrap.text_function import build_text_function
from faceplate.entrypoints.bridge import Bridge, log_to_lambda, on_snapshot
from faceplate.http.text_app import TextApp

_function = build_text_function(os.environ)
_app = TextApp(_function, _function.options)
log_to_lambda(_function.log_level)
handler = Bridge(_app, begin=_function.text.begin, settle=_function.text.write_books)
on_snapshot(_function.warm_up)
on_snapshot(_app.warm_up)
