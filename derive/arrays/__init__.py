"""What each written op means for arrays: a table, op -> rule, for those that shapes decide."""

from __future__ import annotations

from collections.abc import Mapping

from derive.arrays import letters, made, parts, pointwise, products, reductions, reshaping
from derive.arrays.rule import Rule

TABLES = (pointwise, products, reductions, parts, reshaping, made, letters)
RULES: Mapping[str, Rule] = {op: rule for table in TABLES for op, rule in table.RULES.items()}
