"""Where they are photographed: cameras, light, streets, sensors."""
