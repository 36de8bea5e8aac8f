"""Photos of people from data sets: readers of official layouts, one record table, samplers, transforms, decoding."""
