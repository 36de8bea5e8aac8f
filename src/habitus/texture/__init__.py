"""UV textures: unwrapping a photo, fusing several, completing what was not seen."""
