"""One training loop, tasks that give it losses, recipes, checkpoints that resume exactly."""
