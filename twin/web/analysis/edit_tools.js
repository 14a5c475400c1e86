// Tools that put an object of a layer somewhere, move it and close it, as edits of the scenario.

/**
 * @param name   add, move or remove
 * @param layers whose objects may be hit
 * @param added  (lon, lat) => the edit that adds one
 */
export function placeTool(page, name, layers, added) {
  const {scenarios, tools} = page;
  const made = {
    add: {use: ([lon, lat]) => scenarios.edit(added(lon, lat))},
    move: {
      pick: layers,
      use: async (place, object) => {
        // The first click takes the object up, the second sets it down; between them any ground will do.
        tools.first = {place: [object.lon, object.lat], object};
        tools.tool = {...tools.tool, pick: null, use: ([lon, lat]) => {
          const {layer, fid} = tools.first.object;
          tools.take(null);
          return scenarios.edit({kind: 'move', layer, fid, lon, lat});
        }};
        page.tool();
      },
    },
    remove: {pick: layers, use: (place, object) => closed(page, object)},
  }[name];
  return made && {name, cursor: 'crosshair', pick: null, ...made};
}

/** Close an object; one that the scenario itself added is taken back. */
export const closed = ({scenarios}, {layer, fid}) => (fid < 0 ? scenarios.undo({id: -fid}) : scenarios.edit({kind: 'remove', layer, fid}));
