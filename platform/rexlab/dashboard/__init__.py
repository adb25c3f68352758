"""Dashboard: what the web UI shows, found out without a browser; the pages that draw it are in ``webui/``."""
