"""The column type of phone numbers, addresses and names: sealed in the database, plain in Python.

The cipher hangs on the dialect of the store's engine (`engine.open_store`). Without one values are stored as
they are. While keys are being changed, rows sealed under each of them and plain rows stand side by side; a
comparison therefore looks for the value in every form that it may have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from sqlalchemy import Text, and_, or_
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from assistant.config import MOST_DATA_KEYS
from assistant.store.cipher import Cipher, SealError, is_sealed

_ON_DIALECT = "every_session_cipher"
_PLAIN = MOST_DATA_KEYS  # the form after those of all keys: as it is


def use(dialect: Dialect, cipher: Cipher | None) -> None:
    """Seal with `cipher` what goes through this dialect. To be said before the first statement."""
    setattr(dialect, _ON_DIALECT, cipher)


def cipher_of(dialect: Dialect) -> Cipher | None:
    """The cipher in use, None where values are stored plain."""
    return cast("Cipher | None", getattr(dialect, _ON_DIALECT, None))


class _Form(str):
    """A value to look for, in one of its forms: sealed under key `which`, or plain.

    It is a str and equal to the value, so that what SQLAlchemy decides in Python comes out right.
    """

    __slots__ = ("which",)
    which: int

    @classmethod
    def all(cls, value: str) -> list[_Form]:
        forms = []
        for which in range(MOST_DATA_KEYS + 1):
            form = cls(value)
            form.which = which
            forms.append(form)
        return forms


class Sealed(TypeDecorator[str]):
    """Text that is sealed for `purpose`. Columns that are compared with each other share theirs.

    Compared for equality only: sorting or LIKE would work on the sealed form, and are refused.
    """

    impl = Text
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    class Comparator(TypeDecorator.Comparator[str]):
        def operate(self, op: Any, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            if op in (operators.eq, operators.ne) and other and isinstance(other[0], str):
                each = (super(Sealed.Comparator, self).operate(op, form) for form in _Form.all(other[0]))
                return or_(*each) if op is operators.eq else and_(*each)
            if op in (operators.in_op, operators.not_in_op) and isinstance(other[0], list | tuple | set):
                values = [form for value in other[0] for form in _Form.all(value)]
                return super().operate(op, values, **kwargs)
            if op not in _MEANINGFUL:
                raise TypeError(f"a sealed column can be compared for equality, not with {op.__name__}")
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        cipher = cipher_of(dialect)
        if value is None or cipher is None:
            return None if value is None else str(value)
        which = value.which if isinstance(value, _Form) else 0
        return str(value) if which == _PLAIN else cipher.seal(value, self.purpose, which)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        cipher = cipher_of(dialect)
        if cipher is not None:
            return cipher.open(value, self.purpose)
        if is_sealed(value):
            raise SealError("a stored value is sealed, and no key is set")
        return value

    # The same two, without the calls between that a type of its own implementation would need.
    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        return lambda value: self.process_bind_param(value, dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], str | None]:
        return lambda value: self.process_result_value(value, dialect)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self


_MEANINGFUL = (
    operators.eq, operators.ne, operators.is_, operators.is_not, operators.in_op, operators.not_in_op,
)  # fmt: skip
