// Reading GLB files of building models: compressed or not, as arrays that a graphics card takes.
//
// The reader of deck.gl's bundle unpacks EXT_meshopt_compression without fetching
// anything. glTF is y-up and local; what comes out is z-up.

const BYTES = {5120: Int8Array, 5121: Uint8Array, 5122: Int16Array, 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array};
const MOST = {5120: 127, 5121: 255, 5122: 32767, 5123: 65535};
const SIZES = {SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4};
const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** The meshes of a GLB: [{name, positions, normals, colors, elements | null, indices}]; `elements` is what _FEATURE_ID_0 says of each vertex. */
export async function readGlb(data) {
  const [loader] = window.deck.ScenegraphLayer.defaultProps.loaders;
  const file = await window.loaders.parse(data, loader, {worker: false, gltf: {normalize: false, loadBuffers: true, loadImages: false, decompressMeshes: true, postProcess: false}, core: {worker: false}});
  const {json} = file;
  const meshes = [];
  const visit = (number, above) => {
    const node = json.nodes[number];
    const matrix = times(above, matrixOf(node));
    if (node.mesh !== undefined) {
      for (const primitive of json.meshes[node.mesh].primitives) meshes.push({name: json.meshes[node.mesh].name ?? String(node.mesh), ...arrays(file, primitive, matrix)});
    }
    for (const child of node.children ?? []) visit(child, matrix);
  };
  for (const number of json.scenes?.[json.scene ?? 0]?.nodes ?? []) visit(number, IDENTITY);
  return meshes;
}

function arrays(file, {attributes, indices}, matrix) {
  const position = accessor(file, attributes.POSITION);
  const {count} = position;
  const normal = attributes.NORMAL === undefined ? null : accessor(file, attributes.NORMAL);
  const color = attributes.COLOR_0 === undefined ? null : accessor(file, attributes.COLOR_0);
  const feature = attributes._FEATURE_ID_0 === undefined ? null : accessor(file, attributes._FEATURE_ID_0);
  const [positions, normals, colors] = [new Float32Array(3 * count), new Int8Array(4 * count), new Uint8Array(4 * count).fill(255)];
  const m = matrix;
  for (let i = 0; i < count; i += 1) {
    const [x, y, z] = [position.get(i, 0), position.get(i, 1), position.get(i, 2)];
    positions[3 * i] = m[0] * x + m[4] * y + m[8] * z + m[12];
    positions[3 * i + 1] = -(m[2] * x + m[6] * y + m[10] * z + m[14]);
    positions[3 * i + 2] = m[1] * x + m[5] * y + m[9] * z + m[13];
    if (normal) {
      // Scales of quantised positions are the same on every axis, so that normals only turn.
      const [p, q, r] = [normal.get(i, 0), normal.get(i, 1), normal.get(i, 2)];
      const [u, v, w] = [m[0] * p + m[4] * q + m[8] * r, -(m[2] * p + m[6] * q + m[10] * r), m[1] * p + m[5] * q + m[9] * r];
      const length = Math.hypot(u, v, w) || 1;
      normals[4 * i] = Math.round((127 * u) / length);
      normals[4 * i + 1] = Math.round((127 * v) / length);
      normals[4 * i + 2] = Math.round((127 * w) / length);
    }
    if (color) for (let k = 0; k < color.size; k += 1) colors[4 * i + k] = Math.round(255 * color.get(i, k));
  }
  let elements = null;
  if (feature) {
    elements = new Float32Array(count);
    for (let i = 0; i < count; i += 1) elements[i] = feature.get(i, 0);
  }
  const order = new Uint32Array(indices === undefined ? count : 0);
  for (let i = 0; i < order.length; i += 1) order[i] = i;
  return {positions, normals, colors, elements, indices: indices === undefined ? order : Uint32Array.from(packed(accessor(file, indices)))};
}

/** Values of an accessor, normalised where it says so: {count, size, get(row, part)}. */
function accessor({json, buffers}, number) {
  const {bufferView, byteOffset = 0, componentType, count, type, normalized} = json.accessors[number];
  const view = json.bufferViews[bufferView];
  const {arrayBuffer, byteOffset: start = 0} = buffers[view.buffer];
  const [Kind, size] = [BYTES[componentType], SIZES[type]];
  const stride = (view.byteStride || size * Kind.BYTES_PER_ELEMENT) / Kind.BYTES_PER_ELEMENT;
  const from = start + (view.byteOffset ?? 0) + byteOffset;
  const length = Math.max(0, (count - 1) * stride + size);
  const values = from % Kind.BYTES_PER_ELEMENT ? new Kind(arrayBuffer.slice(from, from + length * Kind.BYTES_PER_ELEMENT)) : new Kind(arrayBuffer, from, length);
  const most = normalized ? MOST[componentType] : 1;
  return {count, size, stride, values, get: normalized ? (row, part) => Math.max(-1, values[row * stride + part] / most) : (row, part) => values[row * stride + part]};
}

const packed = ({values, stride, count}) => (stride === 1 ? values : Array.from({length: count}, (_, row) => values[row * stride]));

function matrixOf({matrix, translation: [x, y, z] = [0, 0, 0], rotation: [a, b, c, d] = [0, 0, 0, 1], scale: [s, t, u] = [1, 1, 1]}) {
  if (matrix) return matrix;
  return [
    s * (1 - 2 * (b * b + c * c)), s * 2 * (a * b + c * d), s * 2 * (a * c - b * d), 0,
    t * 2 * (a * b - c * d), t * (1 - 2 * (a * a + c * c)), t * 2 * (b * c + a * d), 0,
    u * 2 * (a * c + b * d), u * 2 * (b * c - a * d), u * (1 - 2 * (a * a + b * b)), 0,
    x, y, z, 1,
  ];
}

function times(a, b) {
  const result = new Array(16).fill(0);
  for (let column = 0; column < 4; column += 1) {
    for (let row = 0; row < 4; row += 1) {
      for (let k = 0; k < 4; k += 1) result[4 * column + row] += a[4 * k + row] * b[4 * column + k];
    }
  }
  return result;
}
