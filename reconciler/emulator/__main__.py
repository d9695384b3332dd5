"""Serving an emulator without a project: ``python -m reconciler.emulator serve --seed FILE``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reconciler.emulator.app import Emulator
from reconciler.emulator.errors import EmulatorError
from reconciler.emulator.faults import parse
from reconciler.emulator.observations import read_observations
from reconciler.emulator.serve import serve

PORTAL_ID = 1_000_000
_INTERRUPTED = 130


def main(given: Sequence[str]) -> int:
    """Serve a portal with the options ``given`` until interrupted; return the exit code."""
    said = _parser().parse_args(given)
    try:
        emulator = Emulator(
            said.file, observed=read_observations(said.observations) if said.observations else {}
        )
        try:
            emulator.ensure_portal(said.portal_id, _seed(said.seed) if said.seed else None)
            for fault in said.fault:
                emulator.add_fault(parse(fault))
            _serve(emulator, said)
        finally:
            emulator.close()
    except EmulatorError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"cannot listen on {said.host}:{said.port} ({error.strerror})")
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _serve(emulator: Emulator, said: argparse.Namespace) -> None:
    token = emulator.token(said.portal_id)

    def ready(url: str) -> None:
        sys.stdout.write(f"url:    {url}\nportal: {said.portal_id}\ntoken:  {token}\n")
        sys.stdout.flush()

    serve(emulator, said.host, said.port, ready, said.allow_host)


def _failed(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reconciler.emulator", description="A small HubSpot for experiments and tests."
    )
    commands = parser.add_subparsers(required=True, metavar="serve")
    command = commands.add_parser("serve", help="serve a portal over HTTP until interrupted")
    add = command.add_argument
    add("--seed", type=Path, metavar="FILE", help="the first contents of the portal, as JSON")
    add("--observations", type=Path, metavar="FILE", help="HubSpot's observed behaviour, as JSON")
    add("--file", type=Path, metavar="FILE", help="the SQLite file that keeps the portal (default: memory)")
    add("--portal-id", type=int, default=PORTAL_ID, metavar="ID", help="default: %(default)s")
    add("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    add("--port", type=int, default=8765, help="0: any free one (default: %(default)s)")
    add("--fault", action="append", default=[], metavar="FAULT", help="such as latency:ms=200")
    add("--allow-host", action="append", default=[], metavar="NAME", help="also answer to this host name")
    return parser


def _seed(path: Path) -> Any:
    """Read the JSON of a seed file. Raises EmulatorError."""
    try:
        seed = json.loads(path.read_bytes())
    except OSError as error:
        raise EmulatorError(f"{path} cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise EmulatorError(f"{path} is not a seed: {error}") from None
    if not isinstance(seed, dict):
        raise EmulatorError(f"{path} is not a seed: a seed is one JSON object")
    return seed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
