"""How two people differ, as a picture: heat maps of build (beta) and of clothes and hair (delta) on their bodies."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from habitus.body.model import BodyModel
from habitus.body.stature import stature
from habitus.export.figures import draw_figures, from_behind, standing, standing_camera
from habitus.export.pictures import INK, PAPER, to_picture
from habitus.files import writing
from habitus.recovery.build_differences import build_difference, thickness
from habitus.rendering.shading import Lambert
from habitus.types import BodyParams

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

HEAT = ("#1f4e8c", "#7fa8d1", "#e9e6e1", "#eba65c", "#a84300")
"""From farther in to farther out, at even steps: blue and orange, which every colour vision tells apart, pale between
them and dark at the ends."""
RANGES = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100)
"""Ends of legends, cm."""
_WITHIN = 0.95
_LIGHT = Lambert(direction=(-0.35, 0.45, 1.0), ambient=(0.78, 0.78, 0.78), diffuse=(0.25, 0.25, 0.25))
"""Shows form, and darkens no colour so far that it is taken for another of the legend."""
_SIZE = (480, 270)
_INCHES, _DPI = (12.4, 9.0), 120
_LETTERS = 110
_QUIET = "#6d6f78"


@dataclass(frozen=True, eq=False)
class Heat:
    """Heat maps of two people, A and B, cm, positive where the surface is farther out."""

    first: Float[np.ndarray, "N"]
    """A, against the average build or the bare skin."""
    second: Float[np.ndarray, "N"]
    """B, against the same."""
    difference: Float[np.ndarray, "N"]
    """B against A."""
    weights: Float[np.ndarray, "N"]
    """Each vertex's share of the surface; fingers and faces have many vertices and little skin."""

    @property
    def limit(self) -> int:
        """Where the legend ends: the least of `RANGES` that 95 % of the surface is within, on each of the maps, cm."""
        reach = max(self._reach(values) for values in (self.first, self.second, self.difference))
        return next((end for end in RANGES if end >= reach), RANGES[-1])

    def _reach(self, values: Float[np.ndarray, "N"]) -> float:
        order = np.argsort(np.abs(values))
        within = np.cumsum(self.weights[order])
        return float(np.abs(values)[order][np.searchsorted(within, _WITHIN * within[-1])])

    def mean(self, values: Float[np.ndarray, "N"]) -> float:
        """Of the distance either way over the surface, cm."""
        return float(self.weights @ np.abs(values))


@dataclass(frozen=True, eq=False)
class Comparison:
    """How two people differ."""

    build: Heat
    clothes: Heat
    """And hair."""


@torch.no_grad()
def compare(body: BodyModel, first: BodyParams, second: BodyParams) -> Comparison:
    """Compare two people, each B = 1, by build and by clothes; poses and cameras have no part in it."""
    average = torch.zeros_like(first.beta)
    weights = _shares(body)
    worn = [_cm(thickness(body, one.beta, one.delta)) for one in (first, second)]
    pairs = (average, first.beta), (average, second.beta), (first.beta, second.beta)
    build = [_cm(build_difference(body, *pair)) for pair in pairs]
    return Comparison(Heat(build[0], build[1], build[2], weights), Heat(worn[0], worn[1], worn[1] - worn[0], weights))


def _shares(body: BodyModel) -> Float[np.ndarray, "N"]:
    """Of the template's surface, a third of each face to each of its corners."""
    a, b, c = body.v_template.double()[body.faces].unbind(1)
    area = torch.linalg.cross(b - a, c - a).norm(dim=1)
    shares = torch.zeros(body.num_vertices, dtype=torch.float64, device=area.device)
    shares.index_add_(0, body.faces.flatten(), area.repeat_interleave(3))
    return (shares / shares.sum()).cpu().numpy()


def _cm(metres: Float[Tensor, "1 N"]) -> Float[np.ndarray, "N"]:
    return 100 * metres[0].cpu().double().numpy()


def heat_colours(values: Float[np.ndarray, "*S"], limit: float) -> Float[np.ndarray, "*S 3"]:
    """The colours of `HEAT`, RGB in [0, 1]: pale at 0, those of the ends from -limit down and from limit up."""
    anchors = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in HEAT])
    places = np.linspace(-limit, limit, len(anchors))
    return np.stack([np.interp(values, places, anchors[:, channel]) for channel in range(3)], -1)


def draw_comparison(
    path: str | Path, body: BodyModel, first: BodyParams, second: BodyParams, *, names: tuple[str, str]
) -> Comparison:
    """Write the picture of how two people differ: A, B, and B against A, each from the front and from behind.

    All bodies are drawn as tall as the average one, for no photo alone tells how tall somebody is.

    Args:
        path: of the file, whose suffix says the format: .png or .jpg.
        body: of both people's topology, on the CPU.
        first: A, B = 1.
        second: B, B = 1.
        names: of A and B.

    Returns:
        What was drawn.

    Raises:
        InputError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow, and needed for pictures alone
    from matplotlib.figure import Figure  # noqa: PLC0415

    found = compare(body, first, second)
    naked, dressed = (
        [standing(body, one.beta, delta) for one, delta in zip((first, second), deltas, strict=True)]
        for deltas in ((None, None), (first.delta, second.delta))
    )
    figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor=_paper(), layout="constrained")
    FigureCanvasAgg(figure)
    tall = stature(body, torch.zeros_like(first.beta)).item()
    first_name, second_name = map(_short, names)
    title = f"A: {first_name}\nB: {second_name}\n"
    grid = figure.add_gridspec(2, 1)
    figure.suptitle(title, x=0.012, ha="left", fontsize=13, color=_ink(), parse_math=False)
    upper, lower = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    words = ("A against the average build", "B against the average build", "B against A")
    _draw_row(upper, body, naked, found.build, f"Build (beta), everybody drawn {tall:.2f} m tall", words)
    words = ("A over the skin", "B over the skin", "B against A")
    _draw_row(lower, body, dressed, found.clothes, "Clothes and hair (delta)", words)
    with writing(path) as temporary:
        figure.savefig(temporary, facecolor=figure.get_facecolor())
    return found


def _draw_row(
    figure: "SubFigure",
    body: BodyModel,
    bodies: list[Float[Tensor, "1 N 3"]],
    heat: Heat,
    title: str,
    words: tuple[str, str, str],
) -> None:
    """Three pairs of figures, A, B, and B once more, and a legend in cm."""
    from matplotlib.cm import ScalarMappable  # noqa: PLC0415
    from matplotlib.colors import LinearSegmentedColormap, Normalize  # noqa: PLC0415

    figure.set_facecolor(_paper())
    figure.suptitle(title, x=0.012, ha="left", fontsize=12, fontweight="bold", color=_ink())
    panels = figure.subplots(1, 3)
    columns = zip(panels, (*bodies, bodies[1]), (heat.first, heat.second, heat.difference), words, strict=True)
    for panel, vertices, values, word in columns:
        panel.imshow(_front_and_back(body, vertices, heat_colours(values, heat.limit)))
        panel.set_title(word, fontsize=11, color=_ink())
        panel.set_xlabel(f"{heat.mean(values):.1f} cm in the mean", fontsize=10, color=_QUIET)
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    scale = ScalarMappable(Normalize(-heat.limit, heat.limit), LinearSegmentedColormap.from_list("heat", HEAT))
    ticks = [part * heat.limit / 2 for part in range(-2, 3)]
    legend = figure.colorbar(scale, ax=panels, extend="both", shrink=0.8, aspect=28, ticks=ticks, format=_signed)
    legend.set_label("cm farther in (−) or out (+)", color=_QUIET)
    legend.outline.set_visible(False)  # type: ignore[operator]
    legend.ax.tick_params(colors=_QUIET, length=0)


def _front_and_back(
    body: BodyModel, vertices: Float[Tensor, "1 N 3"], colours: Float[np.ndarray, "N 3"]
) -> UInt8[np.ndarray, "H W 3"]:
    both = torch.cat([vertices, from_behind(vertices)])
    painted = torch.from_numpy(colours).to(both).expand_as(both)
    camera = standing_camera(body).expand(2, -1)
    pictures = draw_figures(body, both, camera, size=_SIZE, colours=painted, light=_LIGHT)
    return np.concatenate([to_picture(picture) for picture in pictures], axis=1)


def _short(name: str) -> str:
    """A name that fits into the title; of a long path the end tells more."""
    return name if len(name) <= _LETTERS else "…" + name[1 - _LETTERS :]


def _signed(value: float, _place: int | None = None) -> str:
    return f"{value:+g}".replace("-", "−") if value else "0"


def _ink() -> str:
    return "#{:02x}{:02x}{:02x}".format(*INK)


def _paper() -> str:
    return "#{:02x}{:02x}{:02x}".format(*PAPER)
