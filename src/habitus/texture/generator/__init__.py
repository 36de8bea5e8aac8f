"""Networks that see a photo of a person and give the whole texture: the released U-Net, and ours in UV space."""
