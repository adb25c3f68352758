"""The app of this environment's settings, where Celery's own tools look: ``celery -A rexlab.cluster.main …``."""

from rexlab.cluster.app import make_app
from rexlab.settings import load_settings

app = make_app(load_settings())
