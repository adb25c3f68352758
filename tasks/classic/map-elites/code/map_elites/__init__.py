"""MAP-Elites on small domains: archive, variation, search, and the scores of illumination."""
