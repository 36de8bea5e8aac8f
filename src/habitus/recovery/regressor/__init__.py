"""Bodies from pictures by a network: the 3D stream of 3DSL."""
