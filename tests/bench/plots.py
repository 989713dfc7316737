"""Bars as SVG, by hand: a drawing library would be the largest dependency of the bench."""

from collections.abc import Mapping
from html import escape

_ROW, _LEFT, _WIDTH = 24, 230, 720


def bars(title: str, unit: str, figures: Mapping[str, float]) -> str:
    """One bar a figure, in their order; the longest fills the width."""
    longest = max(figures.values(), default=1) or 1
    height = _ROW * (len(figures) + 2)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="18" font-weight="bold">{escape(title)}</text>',
    ]
    for place, (label, value) in enumerate(figures.items(), start=1):
        top = _ROW * place + 6
        width = max(1.0, (_WIDTH - _LEFT - 110) * value / longest)
        color = "#b3261e" if label.startswith("finews") else "#5f6b7a"
        lines.append(f'<text x="{_LEFT - 8}" y="{top + 14}" text-anchor="end">{escape(label)}</text>')
        lines.append(f'<rect x="{_LEFT}" y="{top + 2}" width="{width:.1f}" height="16" fill="{color}"/>')
        lines.append(f'<text x="{_LEFT + width + 6:.1f}" y="{top + 14}">{value:.3g} {escape(unit)}</text>')
    return "\n".join([*lines, "</svg>", ""])
