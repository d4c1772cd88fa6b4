#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Draws the JSON files of the bench programs: time / time of the reference, as SVG files in the folder of each JSON file.

NAME.json gives NAME_DTYPE.svg, a page of small plots over n, one per case and layout, where a case was measured at several n; what was
measured at one n only gives NAME_cases.svg, bars. The reference is the line at 1; lower is faster.
"""
import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import plot

COLUMNS, WIDE, HIGH = 3, 300, 230


def unique(values):
    return list(dict.fromkeys(values))


def panels(path, title, note, plots, names):
    """plots: {title of a small plot: {candidate: [(n, ratio), ...]}}; `names` are all candidates, so that colours agree between plots."""
    page_rows = -(-len(plots) // COLUMNS)
    wide = 24 + max(7 * len(name) for name in names)
    out = plot.drawing(COLUMNS * WIDE + wide + 16, page_rows * HIGH + 60, title)
    out.text(16, 42, note)
    for index, (name, series) in enumerate(plots.items()):
        left, top = 52 + index % COLUMNS * WIDE, 84 + index // COLUMNS * HIGH
        right, bottom = left + WIDE - 70, top + HIGH - 74
        points = [point for each in series.values() for point in each]
        across = plot.axis([n for n, _ in points], left, right, True)
        up = plot.axis([ratio for _, ratio in points] + [0.8, 1.25], bottom, top, True)
        out.text(left, top - 8, name, weight="bold")
        for value in across.ticks:
            out.text(across(value), bottom + 15, plot.number(value), size=9, anchor="middle")
        for value in up.ticks:
            out.line(left, up(value), right, up(value), plot.INK if value == 1 else plot.GRID)
            out.text(left - 6, up(value) + 3, plot.number(value), size=9, anchor="end")
        out.line(left, bottom, right, bottom, plot.INK)
        for candidate, each in series.items():
            colour = plot.COLOURS[names.index(candidate) % len(plot.COLOURS)]
            shown = [(across(n), up(ratio)) for n, ratio in sorted(each)]
            joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in shown)
            out.parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
            out.parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{colour}"/>' for x, y in shown]
    out.legend(names, COLUMNS * WIDE + 16, 84)
    out.write(path)


def draw(path):
    """Returns the names of the files written."""
    result = json.loads(path.read_text(encoding="utf-8"))
    rows = [row for row in result["rows"] if row["ratio_to_reference"]]
    names = unique(row["candidate"] for row in rows)
    ratio = f"time / time of {names[0]}" if names else ""
    note = f"{ratio};  {result['compiler']} {result['flags']};  {result['cpu']}"

    def group(row):
        return row["case"], row["dtype"], row["layout"]

    sizes = {}
    for row in rows:
        sizes.setdefault(group(row), set()).add(row["n"])
    written = []
    over_n = [row for row in rows if len(sizes[group(row)]) > 1]
    for dtype in unique(row["dtype"] for row in over_n):
        plots = {}
        for row in over_n:
            if row["dtype"] == dtype:
                series = plots.setdefault(f"{row['case']}, {row['layout']}", {})
                series.setdefault(row["candidate"], []).append((row["n"], row["ratio_to_reference"]))
        written.append(path.with_name(f"{path.stem}_{dtype}.svg"))
        panels(written[-1], f"{result['bench']}, {dtype}", note, plots, names)
    cases = {}
    for row in rows:
        if len(sizes[group(row)]) == 1:
            cases.setdefault(" ".join(group(row)), {})[row["candidate"]] = row["ratio_to_reference"]
    if cases:
        written.append(path.with_name(f"{path.stem}_cases.svg"))
        plot.bars(written[-1], result["bench"], ratio, cases)
    return [each.name for each in written]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=pathlib.Path, help="JSON files that the bench programs wrote")
    for path in parser.parse_args().results:
        for name in draw(path):
            print(path.with_name(name))


if __name__ == "__main__":
    main()
