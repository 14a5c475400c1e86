"""All that a browser sees: pages, routes and the map component."""
