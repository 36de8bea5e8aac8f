"""Body parameters from a crop: by fitting, or from files."""
