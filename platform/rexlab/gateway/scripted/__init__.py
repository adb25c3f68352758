"""The scripted model: plays through any harness without a model, right or misbehaving in a chosen way."""
