"""The store: tables, migrations, leases, what is written and how it is read."""
