// Light on the city: even, or from where the sun stands, with shadows when asked for.

const WHITE = [255, 255, 255];
const SHADOW = [0.01, 0.03, 0.08, 0.5];
const UNSHADED = new Set(['labels', 'measure-text', 'measure-line', 'measure-points', 'measure-heights', 'selection', 'annotations', 'annotations-counts', 'annotations-replies', 'annotations-names']);

/** An effect in which texts and marks stay clear of shadows. */
function effect(id, lights) {
  const D = window.deck;
  class CityLight extends D.LightingEffect {
    getShaderModuleProps(layer, other) {
      const props = super.getShaderModuleProps(layer, other);
      let root = layer;
      while (root.parent) root = root.parent;
      if (UNSHADED.has(root.id)) props.shadow = {shadowEnabled: false, dummyShadowMap: this.dummyShadowMap};
      return props;
    }
  }
  const light = new CityLight(lights);
  light.id = id;
  light.shadowColor = SHADOW;
  // With shadows, deck.gl 9.4 picks nothing unless the effect also takes part in picking.
  light.useInPicking = true;
  return light;
}

/** Light from everywhere with a little form: a key light from the south-east, a cool rim from the west. */
export function evenLight(theme) {
  const D = window.deck;
  const day = theme === 'light';
  return effect('even-light', {
    ambient: new D.AmbientLight({color: WHITE, intensity: day ? 0.95 : 1.0}),
    key: new D.DirectionalLight({color: [255, 250, 240], intensity: day ? 0.75 : 0.9, direction: [-1.2, -2.6, -2.2]}),
    rim: new D.DirectionalLight({color: [190, 210, 255], intensity: day ? 0.3 : 0.45, direction: [2.5, 1.2, -1]}),
  });
}

/** Light of the sun at `altitude` and `azimuth` (degrees, from north clockwise); moonlit blue when it is down. */
export function sunlight({altitude, azimuth, shadows}, theme) {
  const D = window.deck;
  const day = theme === 'light';
  const up = Math.max(0, Math.min(1, altitude / 35));
  if (altitude <= 0) return effect('night', {
    ambient: new D.AmbientLight({color: [120, 150, 215], intensity: 1.1}),
    sky: new D.DirectionalLight({color: [130, 160, 230], intensity: 0.5, direction: [-0.4, -0.6, -2]}),
  });
  const [a, h] = [azimuth * Math.PI / 180, altitude * Math.PI / 180];
  return effect(shadows ? 'sun-with-shadow' : 'sun', {
    ambient: new D.AmbientLight({color: [228, 236, 255], intensity: (day ? 0.9 : 1.05) + 0.15 * up}),
    sun: new D.DirectionalLight({
      color: [255, Math.round(208 + 42 * up), Math.round(158 + 82 * up)],
      intensity: (day ? 0.6 : 1.1) + (day ? 0.8 : 1.5) * up,
      direction: [-Math.sin(a) * Math.cos(h), -Math.cos(a) * Math.cos(h), -Math.sin(h)],
      _shadow: shadows,
    }),
  });
}
