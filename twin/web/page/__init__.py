"""What pages that are not maps have in common: loading, frame, top bar, questions, talking to the server."""
