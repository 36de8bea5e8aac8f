"""One reader a data set or family of sets: the official folders and names, what is asked for among what, counts."""
