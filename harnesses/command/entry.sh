# Run the user's own command in the workspace; the platform hands it over in a variable of its own, so that no quoting is lost.
cd "$REXLAB_WORKSPACE" || exit 1
exec /bin/sh -c "$REXLAB_PARAM_PROGRAM"
