"""The one map component: deck.gl fed by the scene, on every page and on the wall."""
