"""The embedded portal of an environment, for trials and tests."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.model.addresses import split_address
from reconciler.project.session import Session

if TYPE_CHECKING:
    from reconciler.emulator.app import Emulator


class EnvironmentEmulator:
    """The embedded portal. Every method raises ``UsageError`` if the environment's portal is at HubSpot."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self, observations: str | Path | None = None) -> "AbstractContextManager[Emulator]":
        """Open the emulator in a ``with`` statement, to serve it or to inject faults.

        ``observations`` is a file of observations to use instead of the environment's file.
        """
        return self._session.emulator(None if observations is None else Path(observations))

    def seed(self) -> None:
        """Create the portal from its seed, unless it exists."""
        with self._session.emulator():
            pass

    def reset(self) -> int | None:
        """Reset the portal to its seed and delete its state; return how many records the state owned.

        The result is None if there is no state.

        Raises:
            StateError: the state cannot be written to, or is locked.
        """
        from reconciler.project.correct_state import reset_emulator  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

        return reset_emulator(self._session)

    def edit(
        self,
        address: str,
        properties: Mapping[str, str],
        *,
        person: str | None = None,
        archives: bool = False,
    ) -> str:
        """Edit a record as a person does in HubSpot; return its record id.

        Args:
            address: address of the record, such as ``companies/acme``.
            properties: values by property; an empty text clears the property.
            person: an owner's e-mail address or name, or any other name.
            archives: archive the record, and ignore ``properties``.

        Raises:
            UsageError: there is no such record or property, or ``address`` names a property.
        """
        from reconciler.emulator.errors import EmulatorError  # noqa: PLC0415 - only emulators need it

        try:
            object_name, is_id, value, name = split_address(address)
        except ValueError as error:
            raise UsageError(str(error)) from None
        if name is not None:
            raise UsageError(
                f"give the address of the record without the property, and then the value: {name}=VALUE"
            )
        with self._session.emulator() as emulator:
            try:
                return emulator.edit(
                    self._session.environment.portal_id,
                    (object_name, value, is_id),
                    properties,
                    name=person,
                    archives=archives,
                )
            except EmulatorError as error:
                raise UsageError(f"{address}: {error}") from error
