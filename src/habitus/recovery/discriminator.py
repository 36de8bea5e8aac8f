"""D: are this pose and this build those of a person? (3DSL, section 3.3; HMR: Kanazawa et al., CVPR 2018, section 3.4)

It is a factorised prior. Each joint has a judge of its own, which learns how far that joint turns; one more sees all
joints and learns which turns go together; one sees the build. Each needs few examples, and none can be fooled by what
another one knows.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from habitus.body.rotations import axis_angle_to_matrix


class BodyDiscriminator(nn.Module):
    """Judges of a body's parameters: J - 1 of single joints, one of the whole pose, one of the build.

    HMR's: the inputs (rotation matrices by Rodrigues' formula, betas), no judge of the root, two first layers of 32
    that all joints share, a last layer for each joint, the whole pose from all of these features through 1024 and
    1024, the build through 10 and 5, ReLU between layers, and no squashing of the outputs. 3DSL keeps the form; its 25
    outputs are the 23 + 1 + 1 of SMPL's 24 joints. Ours: any number of joints and betas (the build goes through K and
    K // 2 numbers, 10 and 5 of ten betas).

    The root is left out because it says where the person looks, seen from the camera, which is no matter of anatomy.
    Real poses come in the axes of a motion capture studio: a judge of the root would learn to tell studios from
    streets, and turn everybody to face as the actors did.

    Rotation matrices, unlike axis-angle vectors, are the same for the same pose and change little when it does. It
    works in float32 under autocast too: it is small, and what it says crowds around 1/2.

    Args:
        joints: of the body, the root included.
        betas: of the body.
        joint_width: features of a joint.
        pose_width: of the two layers that see the whole pose.

    >>> discriminator = BodyDiscriminator(joints=24, betas=10)
    >>> discriminator(torch.zeros(2, 24, 3), torch.zeros(2, 10)).shape
    torch.Size([2, 25])
    """

    def __init__(self, *, joints: int, betas: int, joint_width: int = 32, pose_width: int = 1024):
        super().__init__()
        judged, narrow = joints - 1, max(betas // 2, 1)
        self.joint_features = nn.Sequential(
            nn.Linear(9, joint_width), nn.ReLU(), nn.Linear(joint_width, joint_width), nn.ReLU()
        )
        # The last layers of the joints side by side: row j looks at the features of joint j alone.
        last = [nn.Linear(joint_width, 1) for _ in range(judged)]
        self.joint_weight = nn.Parameter(torch.cat([layer.weight.detach() for layer in last]))
        self.joint_bias = nn.Parameter(torch.cat([layer.bias.detach() for layer in last]))
        self.pose = nn.Sequential(
            nn.Linear(judged * joint_width, pose_width), nn.ReLU(), nn.Linear(pose_width, pose_width), nn.ReLU(),
            nn.Linear(pose_width, 1),
        )  # fmt: skip
        self.build = nn.Sequential(
            nn.Linear(betas, betas), nn.ReLU(), nn.Linear(betas, narrow), nn.ReLU(), nn.Linear(narrow, 1)
        )

    def forward(self, theta: Float[Tensor, "B J 3"], beta: Float[Tensor, "B K"]) -> Float[Tensor, "B J+1"]:
        """Judge poses given as axis-angle, in radians, and builds, in standard deviations.

        Returns:
            Near 1 what looks real, near 0 what does not: joints 1 to J - 1, the whole pose, the build.
        """
        with torch.autocast(theta.device.type, enabled=False):
            return self.from_rotations(axis_angle_to_matrix(_exact(theta)), beta)

    def from_rotations(self, rotations: Float[Tensor, "B J 3 3"], beta: Float[Tensor, "B K"]) -> Float[Tensor, "B J+1"]:
        """The same for networks that have the joints' rotation matrices already: no way round by axis-angle, whose
        gradient breaks at half a turn."""
        with torch.autocast(rotations.device.type, enabled=False):
            features = self.joint_features(_exact(rotations[:, 1:]).flatten(2))
            by_joint = (features * self.joint_weight).sum(2) + self.joint_bias
            return torch.cat([by_joint, self.pose(features.flatten(1)), self.build(_exact(beta))], 1)


def _exact(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
