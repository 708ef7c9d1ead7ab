"""What the product does, one file per flow, readable top to bottom."""
