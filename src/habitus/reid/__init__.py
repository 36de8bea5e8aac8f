"""Identity: backbones, networks that turn a photo of a person into a feature, and the embedder."""
