"""A client of a language server: one process, messages on its standard streams, answers by number.

The protocol: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/.
"""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

_PATIENCE_S = 60.0


class LanguageServer:
    """A running language server for one folder."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._messages: Queue[dict[str, Any]] = Queue()
        self._number = 0
        threading.Thread(target=self._read, daemon=True).start()

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request, and return the answer."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        return self._await(lambda message: message.get("id") == self._number and "method" not in message)[
            "result"
        ]

    def tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def open(self, path: Path) -> list[dict[str, Any]]:
        """Open a file, and return the problems that the server reports."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": path.read_text()}
        self.tell("textDocument/didOpen", textDocument=document)
        method = "textDocument/publishDiagnostics"
        found = self._await(
            lambda message: message.get("method") == method and message["params"]["uri"] == path.as_uri()
        )
        return list(found["params"]["diagnostics"])

    def at(self, request: str, path: Path, line: int, column: int) -> Any:
        """Send a request about a position in a file; line and column count from 0."""
        place = {"line": line, "character": column}
        return self.ask(f"textDocument/{request}", textDocument={"uri": path.as_uri()}, position=place)

    def _await(self, is_it: Any) -> dict[str, Any]:
        while True:
            message = self._messages.get(timeout=_PATIENCE_S)
            if is_it(message):
                return message
            if "id" in message and "method" in message:  # the server itself asks for settings or capabilities
                items = message.get("params", {}).get("items")
                self._send({"id": message["id"], "result": [{} for _ in items] if items else None})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while header := self._process.stdout.readline():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
                while self._process.stdout.readline().strip():
                    pass
                self._messages.put(json.loads(self._process.stdout.read(length)))


@contextmanager
def language_server(program: Path, folder: Path) -> Iterator[LanguageServer]:
    """Run the server ``program`` with Node."""
    command = ["node", str(program), "--stdio"]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        server = LanguageServer(process)
        try:
            server.ask("initialize", processId=None, rootUri=folder.as_uri(), capabilities={})
            server.tell("initialized")
            yield server
        finally:
            process.kill()
