"""The alert rules that are shipped: each names metrics and labels that podium has, and the operators are told of it."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PARTS = ("api", "clics", "history", "judge", "packages", "podium", "schemas", "streams")
SUFFIXES = {"Counter": ("_total",), "Gauge": ("",), "Histogram": ("_bucket", "_sum", "_count")}
GROUPS = yaml.safe_load((ROOT / "deploy/prometheus/podium.rules.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
OF_PROMETHEUS = {"instance", "job"}
"""The labels that it adds to every series by itself."""


@cache
def metrics() -> dict[str, set[str]]:
    """The labels of every series that podium exposes."""
    found = {}
    for path in (path for part in PARTS for path in (ROOT / part).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SUFFIXES:
                if len(node.args) < 2:
                    continue  # a Counter of collections
                name, _, *more = node.args
                labels = set(ast.literal_eval(more[0])) if more else set()
                for suffix in SUFFIXES[node.func.id]:
                    found[ast.literal_eval(name) + suffix] = labels
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_names_what_there_is_and_operators_are_told_of_it(rule):
    names = set(re.findall(r"podium_\w+", rule["expr"]))
    assert names
    assert names <= metrics().keys()
    labels = OF_PROMETHEUS.union(*(metrics()[name] for name in names))
    grouped = re.findall(r"by \(([^)]*)\)", rule["expr"])
    used = {label.strip() for group in grouped for label in group.split(",")}
    used |= set(re.findall(r"(\w+)(?==\")", rule["expr"]))
    used |= set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert used <= labels
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert re.fullmatch(r"\d+m", rule.get("for", "0m"))
    assert f"| `{rule['alert']}` |" in (ROOT / "docs/operators.md").read_text()


def test_a_series_that_is_not_there_would_be_seen():
    assert "podium_audits_total" in metrics()
    assert not {"podium_audits", "podium_audit_wrong"} & metrics().keys()
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
