"""Columns of the tables: enumerations as plain text, and defaults for rows that are older than their column."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Enum, Integer, String, false


def enum_column(kind: type[StrEnum], *, nullable: bool = False) -> "Column[Any]":
    """A column that holds the enum's values as plain text: readable in SQL, and a new value needs no migration."""
    stored = Enum(kind, native_enum=False, length=32, values_callable=lambda members: [m.value for m in members])
    return Column(stored, nullable=nullable)


def json_object_column() -> "Column[Any]":
    """A column that is an empty object in rows older than itself."""
    return Column(JSON, nullable=False, server_default="{}")


def json_list_column() -> "Column[Any]":
    """A column that is an empty list in rows older than itself."""
    return Column(JSON, nullable=False, server_default="[]")


def zero_column() -> "Column[Any]":
    """A column that is 0 in rows older than itself."""
    return Column(Integer, nullable=False, server_default="0")


def false_column() -> "Column[Any]":
    """A column that is false in rows older than itself."""
    return Column(Boolean, nullable=False, server_default=false())


def text_column(older: str) -> "Column[Any]":
    """A column that is ``older`` in rows older than itself."""
    return Column(String, nullable=False, server_default=older)


def wide_column(*, nullable: bool = False) -> "Column[Any]":
    """A column of numbers of up to 63 bits: as any number has in SQLite, and PostgreSQL's only on request."""
    return Column(BigInteger().with_variant(Integer(), "sqlite"), nullable=nullable)
