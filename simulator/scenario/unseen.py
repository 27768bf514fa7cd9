"""Rows whose numbers a scenario does not see: reading one is an error, never a silent other result."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["NotSeen", "Parts", "Unseen"]


class NotSeen(LookupError):  # noqa: N818 - the name says what happened
    """A law asked for a number, or a table, that its scenario was not expected to need."""


class Unseen(dict[str, Any]):
    """Labels of a row without its numbers.

    It can be found by its labels and laid under other values. All that would show its numbers, or hide that
    they are missing, raises `NotSeen`.
    """

    def __missing__(self, column: str) -> NoReturn:
        """The column is a number, or there is none."""
        raise NotSeen(column)

    def get(self, column: str, default: Any = None) -> Any:
        """A label; a default would hide a number."""
        return self[column]

    def __or__(self, more: Any) -> Any:
        """The same labels with other values laid over them."""
        return Unseen({**self.labels(), **more})

    def labels(self) -> dict[str, Any]:
        """What can be seen, for whoever knows that it is not all."""
        return {column: dict.__getitem__(self, column) for column in dict.__iter__(self)}

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle, which would look into it."""
        return Unseen, (self.labels(),)

    def _refuse(self, *_: Any) -> NoReturn:
        raise NotSeen("a whole row")

    __iter__ = keys = values = items = copy = __contains__ = __eq__ = _refuse
    __ior__ = __ror__ = __reversed__ = _refuse
    __hash__ = None


class Parts(dict[Any, Any]):
    """What scenarios see of the same tables, by what decides it; made anew wherever it is sent."""

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle: nothing of it is sent."""
        return Parts, ()
