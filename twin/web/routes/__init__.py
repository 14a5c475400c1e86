"""The routes beside the pages: tiles, API, imports, assets, health."""
