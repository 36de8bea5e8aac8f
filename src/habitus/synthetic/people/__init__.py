"""Who made people are: build, skin, face and hair."""
