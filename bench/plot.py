# SPDX-License-Identifier: BSD-3-Clause
"""Plots as plain SVG: lines over a numeric axis, and grouped horizontal bars. Used by the benches; no library needed."""
import html
import math
import pathlib

# Okabe and Ito's colours: told apart by colour-blind readers and on white or dark pages.
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#777777", "#000000"]
FONT = 'font-family="Helvetica, Arial, sans-serif"'
GRID, INK = "#e4e4e4", "#333333"


def ticks(low, high, log):
    """Round values from low to high: decades, or 1, 2, 5 within few decades; about five steps on a linear axis."""
    if log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        factors = (1,) if last - first > 3 else (1, 2, 5)
        values = [factor * 10.0 ** exponent for exponent in range(first, last + 1) for factor in factors]
    else:
        step = 10 ** math.floor(math.log10((high - low) / 4 or 1))
        step *= next(factor for factor in (1, 2, 2.5, 5, 10) if (high - low) / (step * factor) <= 6)
        values = [index * step for index in range(math.floor(low / step), math.ceil(high / step) + 1)]
    return [value for value in values if low * 0.999 - 1e-12 <= value <= high * 1.001 + 1e-12]


def number(value):
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.4g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


class axis:
    def __init__(self, values, start, end, log):
        # zeros and negative values have no place on a logarithmic axis
        values = [value for value in values if not log or value > 0] or [1]
        low, high = min(values), max(values)
        if log:
            low, high = (low / 2, high * 2) if low == high else (low / 1.15, high * 1.15)
        else:
            low, high = min(low, 0), high * 1.05 or 1
        self.low, self.high, self.start, self.end, self.log = low, high, start, end, log
        self.ticks = ticks(low, high, log)

    def __call__(self, value):
        scale = math.log if self.log else float
        part = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return self.start + part * (self.end - self.start)


class drawing:
    def __init__(self, width, height, title):
        self.width, self.height, self.parts = width, height, []
        self.text(16, 24, title, size=15, weight="bold")

    def text(self, x, y, words, size=11, anchor="start", weight="normal", turn=None):
        turned = f' transform="rotate({turn} {x:.1f} {y:.1f})"' if turn else ""
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" {FONT} font-size="{size}" font-weight="{weight}" fill="{INK}" '
                          f'text-anchor="{anchor}"{turned}>{html.escape(str(words))}</text>')

    def line(self, x1, y1, x2, y2, colour=GRID):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>')

    def box(self, x, y, width, height, colour, label=""):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" fill="{colour}">'
                          f"<title>{html.escape(label)}</title></rect>")

    def legend(self, names, x, y):
        for index, name in enumerate(names):
            self.box(x, y + 18 * index - 9, 10, 10, COLOURS[index % len(COLOURS)])
            self.text(x + 16, y + 18 * index, name)

    def write(self, path):
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        body = "\n".join(self.parts)
        path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
                        f'height="{self.height}">\n<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n', encoding="utf-8")


def lines(path, title, x_label, y_label, series, log_x=True, log_y=True):
    """series: {name: [(x, y), ...]}"""
    wide = 24 + max((7 * len(name) for name in series), default=0)
    width, height, left, top, bottom = 560 + wide, 380, 70, 44, 330
    out = drawing(width, height, title)
    right = width - wide - 16
    points = [point for each in series.values() for point in each]
    across, up = axis([x for x, _ in points], left, right, log_x), axis([y for _, y in points], bottom, top, log_y)
    for value in across.ticks:
        out.line(across(value), top, across(value), bottom)
        out.text(across(value), bottom + 16, number(value), anchor="middle")
    for value in up.ticks:
        out.line(left, up(value), right, up(value))
        out.text(left - 8, up(value) + 4, number(value), anchor="end")
    out.line(left, bottom, right, bottom, INK)
    out.line(left, top, left, bottom, INK)
    out.text((left + right) / 2, height - 12, x_label, size=12, anchor="middle")
    out.text(20, (top + bottom) / 2, y_label, size=12, anchor="middle", turn=-90)
    for index, each in enumerate(series.values()):
        colour = COLOURS[index % len(COLOURS)]
        shown = [(across(x), up(y)) for x, y in sorted(each) if (x > 0 or not log_x) and (y > 0 or not log_y)]
        path_points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shown)
        out.parts.append(f'<polyline points="{path_points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in shown]
    out.legend(series, right + 16, top + 8)
    out.write(path)


def bars(path, title, label, rows, log=False):
    """rows: {label: {series: value}}; a series may lack in a row"""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    thick, gap, top = 12, 10, 44
    left = 24 + max((7 * len(name) for name in rows), default=0)
    wide = 40 + max((7 * len(name) for name in names), default=0)
    right, height = left + 420, top + len(rows) * (thick * len(names) + gap) + 44
    out = drawing(right + wide, height, title)
    along = axis([value for row in rows.values() for value in row.values()], left, right, log)
    bottom = height - 44
    for value in along.ticks:
        out.line(along(value), top, along(value), bottom)
        out.text(along(value), bottom + 16, number(value), anchor="middle")
    y = top + gap / 2
    for name, row in rows.items():
        out.text(left - 8, y + thick * len(names) / 2 + 4, name, anchor="end")
        for index, each in enumerate(names):
            if each in row and (row[each] > 0 or not log):
                start = left if log else along(max(along.low, 0))
                out.box(start, y, along(row[each]) - start, thick - 1, COLOURS[index % len(COLOURS)], f"{name}, {each}: {number(row[each])}")
                out.text(along(row[each]) + 4, y + thick - 3, number(float(f"{row[each]:.3g}")), size=9)
            y += thick
        y += gap
    out.line(left, top, left, bottom, INK)
    out.text((left + right) / 2, height - 8, label, size=12, anchor="middle")
    out.legend(names, right + 24, top + 8)
    out.write(path)
