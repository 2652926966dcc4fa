#!/usr/bin/env python3
"""The board of Grafana and the rules of Prometheus in config/ name only metrics that
exist and are documented, with labels that they have. If there is a promtool it checks
the rules, too."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "config" / "prometheus-alerts.yaml"
BOARD = ROOT / "config" / "grafana-syncs.json"
METRIC = re.compile(r"\bmotorcade_\w+")
# Labels stand in braces and behind `by`.
LABELS = re.compile(r"\{([^{}]*)\}|\bby \(([^)]*)\)")


def named_in_code():
    """@returns the names of all metrics that the programs write."""
    text = "".join(
        path.read_text() for path in sorted((ROOT / "controller").rglob("*.cpp"))
    )
    return set(re.findall(r'"(motorcade_\w+)"', text))


def documented():
    """@returns the labels of each metric in docs/metrics.md."""
    out = {}
    for line in (ROOT / "docs" / "metrics.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 4 or "`motorcade_" not in cells[1]:
            continue
        for name in METRIC.findall(cells[1]):
            out[name] = set(re.findall(r"`(\w+)`", cells[2]))
    return out


def expressions():
    """@returns each expression with the place that it stands at."""
    board = json.loads(BOARD.read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)), "two panels have one id"
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield f"{BOARD.name}: {panel['title']}", target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield f"{BOARD.name}: ${variable['name']}", variable["query"]["query"]
    found = re.findall(r"^\s+expr: (.+)$", RULES.read_text(), re.MULTILINE)
    assert len(found) == RULES.read_text().count("- alert:"), "a rule has no expr"
    for expr in found:
        yield RULES.name, expr


def labels_in(expr):
    """@returns the names of labels that an expression uses."""
    out = set()
    for matchers, grouped in LABELS.findall(expr):
        out |= {part.split("=")[0].rstrip("!~ ") for part in matchers.split(",") if part}
        out |= {part.strip() for part in grouped.split(",") if part}
    return out


def main():
    written, known = named_in_code(), documented()
    faults, count = [], 0
    for place, expr in expressions():
        names = set(METRIC.findall(expr))
        if not names:
            faults.append(f"{place}: names no metric: {expr}")
        for name in names:
            count += 1
            if name not in written:
                faults.append(f"{place}: no program writes {name}")
            elif name not in known:
                faults.append(f"{place}: docs/metrics.md does not have {name}")
            else:
                for label in labels_in(expr) - known[name]:
                    faults.append(f"{place}: {name} has no label {label}")
    for name in sorted(n for n in written if n.startswith("motorcade_sync")):
        if name not in known:
            faults.append(f"docs/metrics.md does not have {name}")
    assert count > 10, f"only {count} metrics were found"
    if promtool := shutil.which("promtool"):
        done = subprocess.run(
            [promtool, "check", "rules", str(RULES)], capture_output=True, text=True
        )
        if done.returncode != 0:
            faults.append(done.stdout + done.stderr)
    else:
        print("no promtool here: the rules' grammar is not checked")
    print("\n".join(faults) or f"{count} uses of metrics are fine")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
