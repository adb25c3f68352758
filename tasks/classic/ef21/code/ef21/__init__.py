"""EF21 and weighted EF21 on clients with heterogeneous smoothness constants."""
