// How a building model is drawn: meshes whose vertices name their element, and tables of what each element looks like now.
//
// One layer draws a whole model. A chunk is one mesh of one storey; every vertex
// carries the number of its element. What an element looks like stands in a
// texture of two texels an element (colour; storey, look and opacity), what a
// storey does in one texel a storey (how far it is lifted, whether it is shown).
// To colour, hide or lift is to write those textures anew; no vertex is touched.
// Opaque elements are drawn first; what is seen through is drawn over them without
// writing depth.

export const TABLE_WIDTH = 1024; // texels in a row of the elements' texture
export const HIDDEN = 0;
export const OWN = 1; // the colour of the file
export const TINTED = 2; // another colour with the opacity of the file
export const PAINTED = 3; // another colour and opacity

const UNIFORMS = `\
layout(std140) uniform bimUniforms {
  vec4 cap;
  vec4 earth;
  float seeThrough;
  float section;
  float ground;
  float cut;
} bim;
`;

const bim = {
  name: 'bim', vs: UNIFORMS, fs: UNIFORMS,
  uniformTypes: {cap: 'vec4<f32>', earth: 'vec4<f32>', seeThrough: 'f32', section: 'f32', ground: 'f32', cut: 'f32'},
};

const VERTEX = `#version 300 es
#define SHADER_NAME building-model-vs
in vec3 positions;
in vec3 normals;
in vec4 colors;
in float elements;
uniform highp sampler2D elementTable;
uniform highp sampler2D storeyTable;
out vec3 cameraPosition;
out vec3 normals_commonspace;
out vec4 position_commonspace;
out vec4 vColor;
out float vHeight;
out float vLevel;
out float vPainted;

vec4 texelOf(int index) { return texelFetch(elementTable, ivec2(index % ${TABLE_WIDTH}, index / ${TABLE_WIDTH}), 0); }

void main(void) {
  int element = int(elements + 0.5);
  vec4 paint = texelOf(2 * element);
  vec4 state = texelOf(2 * element + 1);
  int look = int(mod(state.b * 255.0 + 0.5, 16.0));
  vec4 storey = texelFetch(storeyTable, ivec2(int(state.r * 255.0 + 0.5) + 256 * int(state.g * 255.0 + 0.5), 0), 0);
  vColor = look == ${PAINTED} ? paint : look == ${TINTED} ? vec4(paint.rgb, colors.a) : colors;
  vColor.a *= state.a * storey.y;
  bool drawn = look != ${HIDDEN} && vColor.a > 0.004 && (bim.seeThrough > 0.5) == (vColor.a < 0.995);
  if (picking.isActive > 0.5 && state.a * storey.y < 0.6) drawn = false; // what is only hinted at is not what was meant
  vec3 place = positions + vec3(0.0, 0.0, storey.x);
  geometry.worldPosition = place;
  geometry.pickingColor = picking_getPickingColorFromIndex(elements);
  cameraPosition = project.cameraPosition;
  normals_commonspace = project_normal(normals);
  gl_Position = project_position_to_clipspace(place, vec3(0.0), vec3(0.0), position_commonspace);
  geometry.position = position_commonspace;
  geometry.normal = normals_commonspace;
  vHeight = positions.z;
  vLevel = place.z;
  vPainted = look == ${PAINTED} ? 1.0 : 0.0;
  DECKGL_FILTER_GL_POSITION(gl_Position, geometry);
  DECKGL_FILTER_COLOR(vColor, geometry);
  if (!drawn) gl_Position = vec4(2.0, 2.0, 2.0, 1.0); // the whole triangle, as its corners share the element
}
`;

const FRAGMENT = `#version 300 es
#define SHADER_NAME building-model-fs
precision highp float;
in vec3 cameraPosition;
in vec3 normals_commonspace;
in vec4 position_commonspace;
in vec4 vColor;
in float vHeight;
in float vLevel;
in float vPainted;
out vec4 fragColor;

void main(void) {
  if (vHeight > bim.section || vLevel < bim.ground) discard;
  // Of a body that is seen through only the near side is drawn: its far side would come and go with the order of triangles.
  if (bim.seeThrough > 0.5 && vPainted > 0.5 && !gl_FrontFacing) discard;
  vec4 color = vColor;
  DECKGL_FILTER_COLOR(color, geometry);
  if (picking.isActive > 0.5) { fragColor = color; return; }
  // The inside of a solid seen through the cut is its cut face.
  bool inside = !gl_FrontFacing;
  vec3 normal = normalize(inside ? -normals_commonspace : normals_commonspace);
  vec3 lit = lighting_getLightColor(color.rgb, cameraPosition, position_commonspace.xyz, normal);
  if (inside && bim.cut > 0.5 && vPainted < 0.5 && color.a > 0.995) lit = mix(color.rgb, bim.cap.rgb, bim.cap.a);
  if (vLevel < bim.earth.a) lit = mix(lit, bim.earth.rgb, 0.28);
  fragColor = vec4(lit, color.a * layer.opacity);
}
`;

const LAYOUT = [
  {name: 'positions', format: 'float32x3'}, {name: 'normals', format: 'snorm8x4'},
  {name: 'colors', format: 'unorm8x4'}, {name: 'elements', format: 'float32'},
];
const NEAREST = {minFilter: 'nearest', magFilter: 'nearest', addressModeU: 'clamp-to-edge', addressModeV: 'clamp-to-edge'};
let made = null;

/** The layer's class; deck.gl is there only once the page has loaded it. */
export function buildingLayer() {
  made ??= define(window.deck, window.luma);
  return made;
}

function define(D, L) {
  class BuildingLayer extends D.Layer {
    getShaders() { return super.getShaders({vs: VERTEX, fs: FRAGMENT, modules: [D.project32, D.color, D.phongMaterial, D.picking, bim].filter(Boolean)}); }

    initializeState() { this.setState({models: [], buffers: [], chunks: null}); }

    get isLoaded() { return super.isLoaded && Boolean(this.state?.models.length || !this.props.chunks.length); }

    updateState({props, oldProps, changeFlags}) {
      if (props.chunks !== oldProps.chunks) this.#upload(props.chunks);
      if (props.chunks !== oldProps.chunks || changeFlags.extensionsChanged) this.#build();
      if (props.elementTable !== oldProps.elementTable || props.stamp !== oldProps.stamp) this.#table('elementTable', 'rgba8unorm', props.elementTable, TABLE_WIDTH);
      if (props.storeyTable !== oldProps.storeyTable) this.#table('storeyTable', 'rgba32float', props.storeyTable, props.storeyTable.length / 4);
    }

    #upload(chunks) {
      this.#free();
      const {device} = this.context;
      const make = (usage, data) => device.createBuffer({usage, data});
      const {VERTEX: vertex, INDEX: index} = L.Buffer;
      this.state.buffers = chunks.map((chunk) => ({
        chunk, indices: make(index, chunk.indices),
        attributes: {positions: make(vertex, chunk.positions), normals: make(vertex, chunk.normals), colors: make(vertex, chunk.colors), elements: make(vertex, chunk.elements)},
      }));
    }

    /** Two models a chunk share its buffers: one draws what is opaque, one what is seen through. */
    #build() {
      this.state.models.forEach((model) => model.destroy());
      this.state.models = this.state.buffers.flatMap((buffer) => [false, true].map((through) => this.#model(buffer, through)));
    }

    #model({chunk, indices, attributes}, through) {
      const model = new L.Model(this.context.device, {
        ...this.getShaders(), id: `${this.props.id}-${chunk.name}-${through ? 'through' : 'solid'}`, topology: 'triangle-list',
        bufferLayout: LAYOUT, attributes, indexBuffer: indices, vertexCount: chunk.indices.length,
      });
      const set = model.setParameters.bind(model);
      if (through) model.setParameters = (parameters) => set({...parameters, depthWriteEnabled: false});
      Object.assign(model.userData, {chunk, through});
      return model;
    }

    #table(name, format, data, width) {
      this.state[name]?.destroy();
      this.state[name] = this.context.device.createTexture({format, data, width, height: data.length / 4 / width, sampler: NEAREST});
    }

    draw({renderPass}) {
      const {section, ground, earth, cap, shows, through: any} = this.props;
      const {elementTable, storeyTable} = this.state;
      const common = {section: section ?? 1e9, cut: section === null || section === undefined ? 0 : 1, ground, earth, cap, elementTable, storeyTable};
      const drawn = this.state.models.filter(({userData: {chunk, through}}) => shows(chunk) && (through ? any || chunk.kind !== 'opaque' : chunk.kind !== 'transparent'));
      for (const pass of [false, true]) {
        for (const model of drawn) {
          if (model.userData.through !== pass) continue;
          model.shaderInputs.setProps({bim: {...common, seeThrough: pass ? 1 : 0}});
          model.draw(renderPass);
        }
      }
    }

    getPickingInfo({info}) {
      if (info.index >= 0) info.object = {element: info.index, building: this.props.building};
      return info;
    }

    #free() {
      for (const {indices, attributes} of this.state.buffers) {
        indices.destroy();
        Object.values(attributes).forEach((buffer) => buffer.destroy());
      }
      this.state.buffers = [];
    }

    finalizeState(context) {
      super.finalizeState(context);
      this.#free();
      this.state.elementTable?.destroy();
      this.state.storeyTable?.destroy();
    }
  }
  BuildingLayer.layerName = 'BuildingLayer';
  BuildingLayer.defaultProps = {
    building: {type: 'object', value: null, compare: false, ignore: true},
    chunks: {type: 'array', value: [], compare: false},
    elementTable: {type: 'object', value: null, compare: false},
    storeyTable: {type: 'object', value: null, compare: false},
    stamp: 0,
    section: {type: 'number', value: null, optional: true},
    ground: {type: 'number', value: -1e9},
    earth: {type: 'array', value: [0, 0, 0, -1e9], compare: true},
    cap: {type: 'array', value: [0.1, 0.1, 0.1, 0.85], compare: true},
    shows: {type: 'function', value: () => true, compare: false},
    through: true,
    material: true,
  };
  return BuildingLayer;
}
