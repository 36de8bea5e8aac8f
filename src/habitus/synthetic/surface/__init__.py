"""The template's surface as tailors and painters see it: coordinates, noise, hanging cloth, the shoemaker's last."""
