"""A differentiable renderer: camera, rasteriser, interpolation, texture sampling, shading, silhouettes."""
