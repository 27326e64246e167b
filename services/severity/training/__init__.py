"""How the severity model is made from labelled texts; nothing of it runs in a worker."""
