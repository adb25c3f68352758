"""Scripts that reproduce the paper's claims on synthetic clients."""
