"""What they wear: outfits drawn at random, cut, painted and draped."""
