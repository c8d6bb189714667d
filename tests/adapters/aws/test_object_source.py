"""Stores that speak S3's protocol and do not behave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import emulators
from faceplate.adapters.aws.object_source import S3ObjectSource
from faceplate.domain.errors import FaceplateError, ImageTooLarge, NotFound, UpstreamFailed

ERROR = "<Error><Code>{}</Code><Message>a vendor's own words</Message></Error>"


class _Store(BaseHTTPRequestHandler):
    """Answer by the object's name."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].rpartition("/")[2]
        if name == "chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\n12345\r\n0\r\n\r\n")
            return
        body = b"short" if name == "cut" else ERROR.format(name).encode()
        self.send_response(200 if name == "cut" else 400)
        self.send_header("Content-Length", "500" if name == "cut" else str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3ObjectSource]:
    for name, value in emulators.CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Store) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        yield S3ObjectSource()
        server.shutdown()
        thread.join()


def refusal(source: S3ObjectSource, name: str, version: str | None = None) -> FaceplateError:
    with pytest.raises(FaceplateError) as caught:
        source.read("bucket", name, version=version, max_bytes=100)
    assert "vendor" not in caught.value.message
    return caught.value


def test_a_store_that_does_not_say_the_size_is_held_to_the_limit(source: S3ObjectSource) -> None:
    assert source.read("bucket", "chunked", version=None, max_bytes=5) == b"12345"
    with pytest.raises(ImageTooLarge):
        source.read("bucket", "chunked", version=None, max_bytes=4)


def test_a_store_in_trouble_is_not_the_callers_fault(source: S3ObjectSource) -> None:
    assert isinstance(refusal(source, "SlowDown"), UpstreamFailed)
    assert isinstance(refusal(source, "InvalidArgument"), UpstreamFailed)


def test_what_may_not_be_read_is_as_good_as_absent(source: S3ObjectSource) -> None:
    assert isinstance(refusal(source, "AccessDenied"), NotFound)
    assert isinstance(refusal(source, "InvalidArgument", version="v"), NotFound)


def test_a_store_that_says_more_than_the_limit_is_not_read(source: S3ObjectSource) -> None:
    assert isinstance(refusal(source, "cut"), ImageTooLarge)


def test_an_object_that_ends_early_is_not_taken_for_whole(source: S3ObjectSource) -> None:
    with pytest.raises(UpstreamFailed):
        source.read("bucket", "cut", version=None, max_bytes=1000)
