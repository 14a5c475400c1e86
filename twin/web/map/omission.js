// Objects of a tiled layer that are left out one by one, without asking for another tile.
//
// `getOmission` says 1 of what is left out, 0 of the rest. Its corners are put outside
// of what is drawn, in the picture and in picking alike; deck.gl has no such property of
// its own, and takes no height and no colour that would do it.

let made = null;

/** The extension, one for all layers; deck.gl is there only once the page has loaded it. */
export function omission() {
  made ??= new (define(window.deck))();
  return made;
}

function define(D) {
  class Omission extends D.LayerExtension {
    getShaders() {
      return {
        inject: {
          'vs:#decl': 'in float omissions;\n',
          'vs:DECKGL_FILTER_GL_POSITION': 'if (omissions > 0.5) position = vec4(2.0, 2.0, 2.0, 1.0);\n',
        },
      };
    }

    initializeState() {
      this.getAttributeManager()?.add({omissions: {size: 1, stepMode: 'dynamic', accessor: 'getOmission', defaultValue: 0}});
    }
  }
  Omission.extensionName = 'Omission';
  Omission.defaultProps = {getOmission: {type: 'accessor', value: 0}};
  return Omission;
}
