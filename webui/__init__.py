"""The web UI: Streamlit pages over ``rexlab.dashboard``; ``rexlab ui`` starts it."""
