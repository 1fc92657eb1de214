"""The values that conditions and parameters take, for type checkers.

``One…`` is one value, ``A…`` what compares with a field: a value, or an expression of fields. ``Some…`` are several values,
``Two…`` the ends of a range. A whole number as text, which the library also takes, is refused here: ``int(text)`` says it.
"""

from collections.abc import Coroutine, Iterator
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any, Protocol, TypeAlias, TypeVar

from ...orm.queryset import QuerySet
from ...orm.resource import Resource
from ...orm.values import Values
from ...query.q import Expression

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

class Holding(Protocol[T_co]):
    """A list, tuple, set, dict or view of one: what contains any object. A text contains texts only, and is one value."""

    def __iter__(self) -> Iterator[T_co]: ...
    def __contains__(self, value: object, /) -> bool: ...

class Ordered(Protocol[T_co]):
    """A list, whatever its values: unlike ``list``, it is covariant."""

    def __iter__(self) -> Iterator[T_co]: ...
    def reverse(self) -> None: ...

class HasXml(Protocol):
    """TwiML as the official helper library builds it."""

    def to_xml(self) -> Any: ...

Several: TypeAlias = Holding[T] | Iterator[T] | Values[Any]
Pair: TypeAlias = tuple[T, T] | Ordered[T]
Later: TypeAlias = Coroutine[Any, Any, T]
Given: TypeAlias = dict[str, Any] | None

OneText: TypeAlias = str
OneSid: TypeAlias = str | Resource
OneFlag: TypeAlias = bool
OneNumber: TypeAlias = int
OneDecimal: TypeAlias = Decimal | int | str
OneTime: TypeAlias = date | str
OneJson: TypeAlias = Any

AText: TypeAlias = OneText | Expression
ASid: TypeAlias = OneSid | Expression
AFlag: TypeAlias = OneFlag | Expression
ANumber: TypeAlias = OneNumber | Expression
ADecimal: TypeAlias = OneDecimal | Expression
ATime: TypeAlias = OneTime | Expression
AJson: TypeAlias = Any

SomeTexts: TypeAlias = Several[OneText]
SomeSids: TypeAlias = Several[OneSid] | QuerySet[Any]
SomeFlags: TypeAlias = Several[OneFlag]
SomeNumbers: TypeAlias = Several[OneNumber]
SomeDecimals: TypeAlias = Several[OneDecimal]
SomeTimes: TypeAlias = Several[OneTime]
SomeJsons: TypeAlias = Several[Any]

TwoTexts: TypeAlias = Pair[OneText]
TwoFlags: TypeAlias = Pair[OneFlag]
TwoNumbers: TypeAlias = Pair[OneNumber]
TwoDecimals: TypeAlias = Pair[OneDecimal]
TwoTimes: TypeAlias = Pair[OneTime]
TwoJsons: TypeAlias = Pair[Any]

AZone: TypeAlias = str | tzinfo | None
