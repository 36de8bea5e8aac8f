"""The parametric body: assets in and out, shape, skinning, joints, UV atlas, regions."""
