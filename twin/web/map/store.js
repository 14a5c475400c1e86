// What the user has chosen, in one object, and who wants to know when it changes.

/**
 * layers: {id: {on, colorBy, filterBy, range: [low, high] | null, hidden: [values not shown], opacity: of 1}}
 * sun: {on, date: 'YYYY-MM-DD', minutes: of the day at the place, shadows}
 * selection: {layer, fid} | null; panel: '' or the name of the open panel.
 */
export class Store {
  #listeners = new Map();

  constructor(initial) { Object.assign(this, initial); }

  /** Call `listener` after every change of `topic`; returns how to stop that. */
  on(topic, listener) {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  tell(topic, detail) { for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener(detail); }

  set(topic, value) { this[topic] = value; this.tell(topic, value); }

  /** Change how one layer is shown. What is drawn changes with `topic` scene, what is filtered with filters. */
  layer(id, change, topic = 'scene') {
    Object.assign(this.layers[id], change);
    this.tell('layers', id);
    this.tell(topic, id);
  }
}

/** How layers stand before anyone chose: as their styles say. */
export const initialLayers = (layers) => Object.fromEntries(layers.map((layer) => [
  layer.id, {on: layer.rows > 0 && layer.visible, colorBy: '', filterBy: '', range: null, hidden: [], opacity: 1},
]));
