"""Answers that a build asks for again and again, kept with the object that gave them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

Self = TypeVar("Self")
Words = ParamSpec("Words")
Answer = TypeVar("Answer")


def kept(method: Callable[Concatenate[Self, Words], Answer]) -> Callable[Concatenate[Self, Words], Answer]:
    """A method that is worked out once for the same arguments.

    `functools.cache` would keep every object that was ever asked, and with it the tables of each member of a
    batch; this goes when the object goes.

    Parameters
    ----------
    method : callable
        Its arguments can be hashed; its answer is not changed by who gets it.

    Returns
    -------
    callable
    """
    place = f"_kept_{method.__name__}"

    @wraps(method)
    def ask(self: Self, /, *args: Words.args, **named: Words.kwargs) -> Answer:
        known: dict[Any, Answer] = self.__dict__.setdefault(place, {})
        key = (args, tuple(sorted(named.items())))
        if key not in known:
            known[key] = method(self, *args, **named)
        return known[key]

    return ask


__all__ = ["kept"]
