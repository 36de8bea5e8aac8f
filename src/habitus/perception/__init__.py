"""What is seen in a photo: person boxes, masks, keypoints, and the Crop that holds them."""
