"""How they stand, walk and carry."""
