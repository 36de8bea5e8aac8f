"""Body parameters by optimisation: keypoints give the pose, the silhouette the build, a smooth delta the clothes.

Three stages, each on what the one before found:
1. keypoints and limb directions -> theta, psi, a first beta. Only the vertices that keypoints need are posed.
2. + silhouette, in which the body may stay inside the mask but not stick out -> theta, psi, beta under the clothes.
3. + smooth displacement that makes clothes and hair fill the mask.

One silhouette says little of depth: betas and the far side come from the priors.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim.adam import adam

from habitus.body.model import BodyModel, Frames
from habitus.errors import InputError
from habitus.losses.silhouettes import silhouette_loss
from habitus.recovery.displacement import displacement_space, shoes
from habitus.recovery.initial import pose_from_landmarks, standing_poses, without_false_lean
from habitus.recovery.measures import keypoint_error, mask_iou
from habitus.recovery.objective import Evidence, KeypointProbe, camera_from_keypoints, keypoint_terms
from habitus.recovery.priors import joint_limits, joint_stiffness, limit_penalty, pose_penalty, shape_penalty
from habitus.rendering.camera import project
from habitus.rendering.rasterizer import rasterize
from habitus.rendering.silhouette import silhouette
from habitus.types import SMPL_JOINTS, BodyParams, Crop


@dataclass(frozen=True)
class FitSettings:
    """Steps and weights of `fit`. Errors are in units of the person's height, so weights hold at any resolution."""

    keypoint_steps: int = 80
    silhouette_steps: int = 70
    displacement_steps: int = 50
    keypoint_weight: float = 400.0
    """Of the mean squared distance of keypoints in units of the person's height."""
    direction_weight: float = 20.0
    """Of 1 - cosine between limbs and the detector's 3D landmarks."""
    facing_weight: float = 1.0
    silhouette_weight: float = 12.0
    uncovered: float = 0.35
    """How much person left uncovered by the naked body costs, against 1 for body outside the person."""
    pose_weight: float = 0.02
    start_weight: float = 2.0
    """Instead of it where a start is given: a network knows depth better than keypoints and an outline tell it."""
    shape_weight: float = 0.03
    limit_weight: float = 10.0
    displacement_weight: float = 5.0
    """Of the mean squared displacement of the handles, 1 / m^2."""
    smoothness_weight: float = 4.0
    """Of the mean squared slope of the displacement along the normals."""
    vector_smoothness_weight: float = 20.0
    """The same of the displacement in any direction."""
    footwear: Literal["shoes", "bare"] = "shoes"
    """What the displacement starts from: a photo does not show toes through shoes, so none are modelled."""
    handles: int = 300
    """Of the displacement, see `habitus.body.smooth_basis`."""


@dataclass(frozen=True)
class Fit:
    """What was found, and how well it explains the crops."""

    params: BodyParams
    mask_iou: Float[Tensor, "B"]
    """Of the re-projected body with the person's mask, where the crop shows the photo."""
    keypoint_error: Float[Tensor, "B"]
    """Confidence-weighted mean distance of re-projected keypoints, crop pixels."""
    keypoint_error_relative: Float[Tensor, "B"]
    """The same over the height of the mask."""

    def __getitem__(self, index: int) -> "Fit":
        row = slice(index, index + 1)
        measures = (self.mask_iou[row], self.keypoint_error[row], self.keypoint_error_relative[row])
        return Fit(self.params[index], *measures)


_UNSEEN = ("collar", "hand", "foot", "wrist", "ankle")
Progress = Callable[[float], None]
"""Called with how much of the work is done, from 0 to 1."""


def fit(
    body: BodyModel,
    crops: list[Crop],
    *,
    settings: FitSettings | None = None,
    start: BodyParams | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Recover body parameters of one or many people, each from one crop.

    People are independent of each other; they are fitted together because that is faster. Crops may differ in size.

    Args:
        body: the body to fit; it stays untouched.
        crops: one person each, with mask and keypoints.
        settings: steps and weights.
        start: parameters to start from, such as a regressor's. They stand in for the detector's 3D landmarks, whose
            depth is poor: poses stay near them, and the first stage is short. Of their clothes nothing is taken.
        progress: told after every step how much is done, 0 to 1 (people of different crop sizes are counted apart).

    Returns:
        Parameters in the order of the crops.
    """
    settings = settings or FitSettings()

    def one_size(rows: list[int]) -> Fit:
        chosen = None if start is None else BodyParams.cat([start[i] for i in rows])
        return _Fitter(body, [crops[i] for i in rows], settings, progress).run(chosen)

    return _by_size(crops, one_size)


def measure(body: BodyModel, crops: list[Crop], params: BodyParams) -> Fit:
    """How well given parameters, one a crop, explain crops. A psi of NaN is solved from the keypoints.

    Raises:
        InputError: there are not as many people in the parameters as crops.
    """
    if len(params) != len(crops):
        raise InputError(f"the body parameters hold {len(params)} people for {len(crops)} photos; give one a photo")

    def one_size(rows: list[int]) -> Fit:
        fitter = _Fitter(body, [crops[i] for i in rows], FitSettings(), None)
        return fitter.measure(fitter.with_camera(BodyParams.cat([params[i] for i in rows])))

    return _by_size(crops, one_size)


def _by_size(crops: list[Crop], work: Callable[[list[int]], Fit]) -> Fit:
    """Do the work on the crops of each size together, and put the results back in the order of the crops."""
    if not crops:
        raise ValueError("no crops to fit; give at least one")
    # Crops without 3D landmarks start differently: kept apart, they do not cost the others theirs.
    rows_of: dict[tuple[tuple[int, int], bool], list[int]] = {}
    for i, crop in enumerate(crops):
        rows_of.setdefault((crop.size, crop.landmarks is None), []).append(i)
    fits = [work(rows) for rows in rows_of.values()]
    back = torch.tensor([i for rows in rows_of.values() for i in rows]).argsort()
    params = BodyParams.cat([f.params for f in fits])
    back = back.to(params.theta.device)
    return Fit(
        BodyParams(params.theta[back], params.beta[back], params.delta[back], params.psi[back]),
        torch.cat([f.mask_iou for f in fits])[back],
        torch.cat([f.keypoint_error for f in fits])[back],
        torch.cat([f.keypoint_error_relative for f in fits])[back],
    )


class _Fitter:
    """One batch of crops of one size: the evidence, the priors, and the stages."""

    def __init__(self, body: BodyModel, crops: list[Crop], settings: FitSettings, progress: Progress | None):
        self.body, self.crops, self.settings = body, crops, settings
        self.device = body.faces.device
        self.progress, self.steps_done = progress, 0
        self.held: Tensor | None = None
        self.evidence = Evidence.of(crops, device=self.device)
        self.probe = KeypointProbe(body)
        self.limits = joint_limits(device=self.device)
        self.stiffness = joint_stiffness(device=self.device)
        bare = torch.zeros_like(body.v_template)
        self.footwear = shoes(body) if settings.footwear == "shoes" else bare

    def run(self, start: BodyParams | None) -> Fit:
        theta, beta, psi = self._start() if start is None else self._hold_to(start)
        theta, beta, psi = self._fit_keypoints(theta, beta, psi)
        theta, beta, psi = self._fit_silhouette(theta, beta, psi)
        params = self._fit_displacement(theta, beta, psi)
        return self.measure(params)

    def _hold_to(self, start: BodyParams) -> tuple[Tensor, Tensor, Tensor]:
        s = self.settings
        self.settings = replace(
            s, keypoint_steps=s.keypoint_steps // 4, pose_weight=s.start_weight, direction_weight=0.0
        )
        self.held = start.theta.detach()
        return start.theta, start.beta, start.psi

    def _start(self) -> tuple[Tensor, Tensor, Tensor]:
        """Poses from 3D landmarks; without them, the best of eight headings by a short fit of the keypoints."""
        if all(crop.landmarks is not None for crop in self.crops):
            rest_joints = self.body.rest_joints(torch.zeros(1, self.body.num_betas, device=self.device))[0]
            rest = rest_joints.cpu().numpy()
            poses = []
            for crop in self.crops:
                confidence = crop.confidence.cpu().numpy()
                landmarks = without_false_lean(crop.landmarks.cpu().numpy(), confidence)  # type: ignore[union-attr]
                poses.append(pose_from_landmarks(landmarks, confidence, rest))
            theta = torch.as_tensor(np.stack(poses), device=self.device)
        else:
            yaws = np.arange(8) * (np.pi / 4)
            people = len(self.crops)
            everything = self.evidence
            self.evidence = everything.repeat(len(yaws))
            theta = torch.as_tensor(standing_poses(yaws), device=self.device).repeat(people, 1, 1)
            beta = torch.zeros(len(theta), self.body.num_betas, device=self.device)
            theta, beta, psi = self._fit_keypoints(theta, beta, None)
            loss = self._keypoint_objective(self.body.frames(theta, beta), theta, beta, psi, theta).unflatten(
                0, (people, len(yaws))
            )
            best = loss.argmin(1) + torch.arange(people, device=self.device) * len(yaws)
            self.evidence = everything
            return theta[best], beta[best], psi[best]
        beta = torch.zeros(len(theta), self.body.num_betas, device=self.device)
        return theta, beta, camera_from_keypoints(self.probe(self.body.frames(theta, beta), beta), self.evidence)

    def _keypoint_objective(
        self, frames: Frames, theta: Tensor, beta: Tensor, psi: Tensor, mean: Tensor
    ) -> Float[Tensor, "B"]:
        s = self.settings
        terms = keypoint_terms(self.probe(frames, beta), psi, self.evidence)
        return (
            s.keypoint_weight * terms["keypoints"]
            + s.direction_weight * terms["directions"]
            + s.facing_weight * terms["facing"]
            + self._priors(theta, beta, mean)
        )

    def _priors(self, theta: Tensor, beta: Tensor, mean: Tensor) -> Float[Tensor, "B"]:
        s = self.settings
        return (
            s.pose_weight * pose_penalty(theta, mean, self.stiffness)
            + s.limit_weight * limit_penalty(theta, self.limits)
            + s.shape_weight * shape_penalty(beta)
        )

    def _fit_keypoints(self, theta: Tensor, beta: Tensor, psi: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        if psi is None:
            psi = camera_from_keypoints(self.probe(self.body.frames(theta, beta), beta), self.evidence)
        mean = self._mean_pose(theta)

        def objective(theta: Tensor, beta: Tensor, psi: Tensor) -> Tensor:
            return self._keypoint_objective(self.body.frames(theta, beta), theta, beta, psi, mean)

        found = self._descend(objective, [theta, beta, psi], [0.04, 0.04, 0.02], self.settings.keypoint_steps)
        return found[0], found[1], found[2]

    def _fit_silhouette(self, theta: Tensor, beta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean = self._mean_pose(theta)
        s = self.settings

        def objective(theta: Tensor, beta: Tensor, psi: Tensor) -> Tensor:
            frames = self.body.frames(theta, beta)
            covered = self._silhouette(self.body.pose(frames, beta, self.footwear), psi)
            seen = silhouette_loss(covered, self.evidence.mask, self.evidence.valid, uncovered=s.uncovered)
            return self._keypoint_objective(frames, theta, beta, psi, mean) + s.silhouette_weight * seen

        found = self._descend(objective, [theta, beta, psi], [0.02, 0.05, 0.01], s.silhouette_steps)
        return found[0], found[1], found[2]

    def _fit_displacement(self, theta: Tensor, beta: Tensor, psi: Tensor) -> BodyParams:
        mean = self._mean_pose(theta)
        s = self.settings
        space = displacement_space(self.body, s.handles)

        def objective(theta: Tensor, psi: Tensor, handles: Tensor) -> Tensor:
            delta = space.displace(handles)
            frames = self.body.frames(theta, beta)
            covered = self._silhouette(self.body.pose(frames, beta, self.footwear + delta), psi)
            seen = silhouette_loss(covered, self.evidence.mask, self.evidence.valid)
            return (
                self._keypoint_objective(frames, theta, beta, psi, mean)
                + s.silhouette_weight * seen
                + s.displacement_weight * (handles**2).sum(2).mean(1)
                + s.smoothness_weight * space.roughness(handles[..., :1])
                + s.vector_smoothness_weight * space.roughness(handles[..., 1:])
            )

        handles = torch.zeros(len(theta), s.handles, 4, device=self.device)
        theta, psi, handles = self._descend(
            objective, [theta, psi, handles], [0.005, 0.003, 0.006], s.displacement_steps
        )
        return BodyParams(theta, beta, self.footwear + space.displace(handles), psi)

    def _mean_pose(self, theta: Tensor) -> Tensor:
        """Where the pose prior pulls: to the start that was given; else limbs to where they are, and the joints that
        nothing is seen of to zero."""
        if self.held is not None:
            return self.held
        mean = theta.detach().clone()
        mean[:, [i for i, name in enumerate(SMPL_JOINTS) if any(u in name for u in _UNSEEN)]] = 0.0
        return mean

    def _silhouette(self, vertices: Tensor, psi: Tensor) -> Float[Tensor, "B H W"]:
        screen = project(vertices, psi, self.evidence.size)
        fragments = rasterize(screen.detach(), self.body.faces, self.evidence.size)
        return silhouette(screen, self.body.faces, fragments)

    def _descend(
        self,
        objective: Callable[..., Tensor],
        variables: list[Tensor],
        rates: list[float],
        steps: int,
    ) -> list[Tensor]:
        """Adam with rates that fall to a tenth along a cosine. It steps per element, so people stay independent.

        The functional form: making a `torch.optim.Adam` imports torch._dynamo, which takes as long as the fit itself.
        """
        free = [v.detach().clone().requires_grad_() for v in variables]
        means, squares = [torch.zeros_like(v) for v in free], [torch.zeros_like(v) for v in free]
        counts = [torch.zeros((), device="cpu") for _ in free]
        for step in range(steps):
            fade = 0.1 + 0.9 * (0.5 + 0.5 * np.cos(np.pi * step / max(1, steps)))
            gradients = torch.autograd.grad(objective(*free).sum(), free)
            with torch.no_grad():
                for i, rate in enumerate(rates):
                    adam(
                        [free[i]], [gradients[i]], [means[i]], [squares[i]], [], [counts[i]], amsgrad=False,
                        beta1=0.9, beta2=0.98, lr=rate * fade, weight_decay=0.0, eps=1e-8, maximize=False,
                    )  # fmt: skip
            self._tell()
        return [v.detach() for v in free]

    def _tell(self) -> None:
        s = self.settings
        self.steps_done += 1
        if self.progress is not None:
            self.progress(min(1.0, self.steps_done / (s.keypoint_steps + s.silhouette_steps + s.displacement_steps)))

    @torch.no_grad()
    def with_camera(self, params: BodyParams) -> BodyParams:
        points = self.probe(self.body.frames(params.theta, params.beta), params.beta)
        solved = camera_from_keypoints(points, self.evidence)
        return BodyParams(params.theta, params.beta, params.delta, torch.where(params.psi.isnan(), solved, params.psi))

    @torch.no_grad()
    def measure(self, params: BodyParams) -> Fit:
        posed = self.body(params.theta, params.beta, params.delta)
        covered = self._silhouette(posed.vertices, params.psi)
        points = self.probe(self.body.frames(params.theta, params.beta), params.beta)
        projected = project(points, params.psi, self.evidence.size)[..., :2]
        error = keypoint_error(projected, self.evidence.keypoints, self.evidence.confidence)
        overlap = mask_iou(covered, self.evidence.mask, self.evidence.valid)
        return Fit(params, overlap, error, error / self.evidence.person_height)
