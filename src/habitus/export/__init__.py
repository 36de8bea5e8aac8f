"""What a person leaves with: GLB, OBJ, turntable, report, preview page."""
