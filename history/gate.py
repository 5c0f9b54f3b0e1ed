"""The analysts' gate: a statement passes when every node of its syntax tree is known to be harmless.

`readonly=1` lets SQL read files, write `INTO OUTFILE`, stop merges and look at every system table, so the engine's own
parser is asked for the tree and the tree is compared with lists of what may be there: whatever is unknown is refused.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from history.config import DATABASES
from history.engine import Connection
from history.reads import BOARD, READS, reads
from history.refusal import refuse
from schemas.errors import DataError

__all__ = ["Gate", "read_gate"]

PUBLIC = DATABASES[1]

_SYSTEM_TABLES = frozenset(
    {"one", "numbers", "zeros", "settings", "functions", "formats", "time_zones", "data_type_families"}
)

_TABLE_FUNCTIONS = frozenset({"numbers", "zeros", "generate_series", "generateseries", "values", "view", "null"})

_NODES = frozenset(
    {
        "ArrayJoin",
        "Asterisk",
        "ColumnsExceptTransformer",
        "ColumnsListMatcher",
        "ColumnsRegexpMatcher",
        "ColumnsReplaceTransformer",
        "ColumnsReplaceTransformerReplacement",
        "ColumnsTransformerList",
        "ExpressionList",
        "Function",
        "Identifier",
        "InterpolateElement",
        "Literal",
        "OrderByElement",
        "QualifiedAsterisk",
        "QualifiedColumnsListMatcher",
        "QualifiedColumnsRegexpMatcher",
        "QueryParameter",
        "SampleRatio",
        "SelectIntersectExceptQuery",
        "SelectQuery",
        "SelectWithUnionQuery",
        "Subquery",
        "TableExpression",
        "TableIdentifier",
        "TableJoin",
        "TablesInSelectQuery",
        "TablesInSelectQueryElement",
        "WindowDefinition",
        "WindowListElement",
        "WithElement",
    }
)

_CATEGORIES = (
    "Aggregate Functions;Arithmetic;Arrays;Bit;Bitmap;Comparison;Conditional;Dates and Times;Distance;Encoding;"
    "Financial;Hash;IP Address;JSON;Logical;Map;Mathematical;Null;Random Number;Rounding;String;String Replacement;"
    "String Search;String Splitting;Time Window;Tuple;Type Conversion;URL;UUID"
)

# of the category "Other", whose most tell about the server or read from it
_OTHERS = (
    "bar transform toTypeName toColumnTypeName materialize identity ignore neighbor runningDifference "
    "runningDifferenceStartingWithFirstValue runningAccumulate rowNumberInAllBlocks rowNumberInBlock byteSize "
    "formatReadableSize formatReadableQuantity formatReadableDecimalSize formatReadableTimeDelta visibleWidth "
    "finalizeAggregation initializeAggregation countDigits digits isConstant isDecimalOverflow parseTimeDelta "
    "minSampleSizeContinuous minSampleSizeConversion variantElement variantType defaultValueOfArgumentType "
    "defaultValueOfTypeName parseReadableSize parseReadableSizeOrNull parseReadableSizeOrZero version "
    "currentDatabase currentUser"
)

_REFUSED = frozenset({"aggThrow", "estimateCompressionRatio", "flameGraph", "randomFixedString", "dictGet"})

_COMBINATORS = (
    "If",
    "Array",
    "Map",
    "Distinct",
    "OrNull",
    "OrDefault",
    "ForEach",
    "ArgMin",
    "ArgMax",
    "State",
    "Merge",
)

_WITHOUT_TREE = re.compile(
    rf"\s*(SHOW\s+TABLES(\s+(FROM|IN)\s+{PUBLIC})?|(DESCRIBE|DESC)\s+(TABLE\s+)?({PUBLIC}\.)?\w+)"
    r"(\s+FORMAT\s+\w+)?\s*;?\s*",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Gate:
    """What may stand in an analyst's statement; names of functions in lower case."""

    functions: frozenset[str]
    aggregates: frozenset[str]
    refused: frozenset[str]

    def check(self, connection: Connection, sql: str, views: frozenset[str]) -> None:
        """Pass or refuse one statement; *views* are the parameterized views of the public database.

        Raises:
            DataError: ACCESS_DENIED and what was found, or the parser's own error.
        """
        if _WITHOUT_TREE.fullmatch(sql):
            return
        try:
            # parameters are read with backslash escapes
            tree = connection.query(
                "SELECT parseQueryToJSON({q:String})",
                "TSVRaw",
                {"q": sql.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")},
            )
        except DataError as error:
            if "does not support JSON" in str(error):
                raise refuse("ACCESS_DENIED", "Analysts may only SELECT, SHOW TABLES and DESCRIBE") from None
            raise
        try:
            self._tree(json.loads(tree), views)
        except RecursionError:
            raise refuse("ACCESS_DENIED", "Analysts may not nest so deep") from None

    def _tree(self, root: dict[str, Any], views: frozenset[str]) -> None:
        if root.get("type") not in ("SelectWithUnionQuery", "SelectIntersectExceptQuery", "SelectQuery"):
            raise refuse("ACCESS_DENIED", "Analysts may only SELECT, SHOW TABLES and DESCRIBE")
        root.pop("format_ast", None)
        self._node(root, views)
        if (found := reads(root, views)) > READS:
            raise refuse(
                "ACCESS_DENIED",
                f"Analysts may read {READS} tables in a statement, a view with parameters counting as {BOARD} and a WITH "
                f"as often as it is named; this one reads {'too many' if found > 10 * READS else found}",
            )

    def _node(self, node: Any, views: frozenset[str]) -> None:
        if isinstance(node, list):
            for child in node:
                self._node(child, views)
        elif isinstance(node, dict):
            kind = node.get("type")
            if kind is not None and kind not in _NODES:
                raise refuse("ACCESS_DENIED", f"Analysts may not use {kind}")
            if "out_file" in node or node.get("is_into_outfile_with_stdout"):
                raise refuse("ACCESS_DENIED", "Analysts may not write files")
            if kind == "Literal":
                return
            if kind == "Function":
                self._function(str(node["name"]))
            elif kind == "Identifier":
                self._identifier(node)
            elif kind == "TableIdentifier":
                _table(node)
            elif kind == "QueryParameter" and node.get("param_type") == "Identifier":
                raise refuse("ACCESS_DENIED", "Analysts may not use parameters of type Identifier")
            for key, child in node.items():
                if key == "table_function":
                    _table_function(str(child.get("name", "")), views)
                    child = {**child, "type": None}  # noqa: PLW2901  # its name is no scalar function's
                self._node(child, views)

    def _function(self, name: str) -> None:
        lower = name.lower()
        if lower in self.functions and lower not in self.refused:
            return
        base = name
        while base.lower() not in self.aggregates:
            suffix = next((s for s in _COMBINATORS if base.endswith(s)), None)
            if suffix is None:
                raise refuse("ACCESS_DENIED", f"Analysts may not use the function {name}")
            base = base.removesuffix(suffix)

    def _identifier(self, node: dict[str, Any]) -> None:
        parts = _parts(node)
        # a bare name can be a function handed to another one: arrayMap(file, …)
        if len(parts) == 1 and parts[0].lower() in self.refused:
            raise refuse(
                "ACCESS_DENIED", f"Analysts may not use the name {parts[0]}: it is a function; qualify a column"
            )
        # and `x IN database.table` names a table
        if len(parts) > 1 and parts[0].lower() in ("podium", "system", "information_schema", "default"):
            raise refuse("ACCESS_DENIED", f"Analysts may not use {'.'.join(parts)}")


def read_gate(connection: Connection) -> Gate:
    """Make the lists from the engine's own list of functions."""
    rows = connection.query(
        "SELECT name, alias_to, categories, is_aggregate FROM system.functions", "TabSeparated"
    ).decode()
    good_categories, good_others = set(_CATEGORIES.split(";")), set(_OTHERS.split())
    known = {row.split("\t")[0]: row.split("\t")[1:] for row in rows.splitlines()}
    plain, aggregates, refused = set(), set(), set()
    for name, (alias, _, _) in known.items():
        target = alias or name
        _, categories, is_aggregate = known.get(target, ("", "", "0"))
        good = target in good_others or not good_categories.isdisjoint(categories.split(";"))
        if not good or target in _REFUSED or name in _REFUSED:
            refused.add(name.lower())
        elif is_aggregate == "1":
            aggregates.add(name.lower())
        else:
            plain.add(name.lower())
    # parsed as functions, listed nowhere
    plain |= {"lambda", "exists", "values", "_cast", "grouping", "untuple", "columns"}
    return Gate(frozenset(plain), frozenset(aggregates), frozenset(refused))


def _parts(node: dict[str, Any]) -> list[str]:
    parts = node.get("name_parts")
    return [str(part) for part in parts] if parts else [str(node.get("name", ""))]


def _table(node: dict[str, Any]) -> None:
    parts = _parts(node)
    if len(parts) == 1 and parts[0]:
        return  # the public database's own, or a WITH
    if len(parts) == 2 and (parts[0] == PUBLIC or (parts[0] == "system" and parts[1] in _SYSTEM_TABLES)):
        return
    raise refuse("ACCESS_DENIED", f"Analysts may not read {'.'.join(parts) or 'a table named by a parameter'}")


def _table_function(name: str, views: frozenset[str]) -> None:
    if name.lower() not in _TABLE_FUNCTIONS and name.removeprefix(f"{PUBLIC}.") not in views:
        raise refuse("ACCESS_DENIED", f"Analysts may not use the table function {name}")
