"""A bare repository over HTTP, by git's own ``git http-backend`` behind a small WSGI application."""

import base64
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from tests.support.git_remotes import environment, git

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@dataclass
class GitServer:
    """Serves the repositories in a folder to clients that send ``token``; ``may_push`` lets them push."""

    folder: Path
    token: str
    url: str = ""
    may_push: bool = True
    authorizations: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        said = environ.get("HTTP_AUTHORIZATION", "")
        self.authorizations.append(said)
        user, _, password = base64.b64decode(said.removeprefix("Basic ")).decode().partition(":")
        if password != self.token:
            start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"')])
            return [b"who are you?"]
        is_push = "git-receive-pack" in environ["PATH_INFO"] + environ.get("QUERY_STRING", "")
        if is_push and not self.may_push:
            start_response("403 Forbidden", [])
            return [b"you may not push"]
        return self._run(environ, start_response, user)

    def _run(self, environ: dict[str, Any], start_response: StartResponse, user: str) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH")
        body = environ["wsgi.input"].read(int(length)) if length else b""
        names = ("REQUEST_METHOD", "QUERY_STRING", "CONTENT_TYPE", "PATH_INFO", "HTTP_CONTENT_ENCODING")
        variables = {name: environ[name] for name in names if environ.get(name)}
        if protocol := environ.get("HTTP_GIT_PROTOCOL"):
            variables["GIT_PROTOCOL"] = protocol
        done = subprocess.run(
            ["git", "http-backend"],
            env={
                **environment(),
                **variables,
                "CONTENT_LENGTH": str(len(body)),
                "GIT_PROJECT_ROOT": str(self.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REMOTE_USER": user,
            },
            input=body,
            capture_output=True,
            check=False,
        )
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        start_response(status, [(name, value) for name, value in headers if name != "Status"])
        return [rest]


@contextmanager
def served_repository(repository: Path, token: str) -> Iterator[GitServer]:
    """Serve a bare repository on a port."""
    git(repository, "config", "http.receivepack", "true")
    application = GitServer(repository.parent, token)
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
    application.url = f"http://127.0.0.1:{server.server_port}/{repository.name}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield application
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
