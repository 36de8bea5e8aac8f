// The viewer of preview.html: one skinned, textured mesh in WebGL 2. No libraries, no network.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const canvas = document.getElementById("canvas");
const stage = document.getElementById("stage");
const FIELD_OF_VIEW = (26 * Math.PI) / 180;
const FADE_SECONDS = 0.4;
const TURN_SPEED = 0.35; // radians a second, until someone touches it

// #clip=walk&angle=90&still opens the page on a clip, seen from an angle in degrees, with nothing moving.
const link = new URLSearchParams(location.hash.slice(1));
const calm = link.has("still") || matchMedia("(prefers-reduced-motion: reduce)").matches;

function decode(base64, Type) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Type(bytes.buffer);
}

// Where the camera stands: turned by dragging, arrow keys or by itself.
const view = { yaw: 0, pitch: 0.06, zoom: 1, turning: !calm };
if (link.has("angle")) {
  view.yaw = (Number(link.get("angle")) * Math.PI) / 180 || 0;
  view.turning = false;
}

function turnBy(yaw, pitch) {
  view.turning = false;
  view.yaw += yaw;
  view.pitch = Math.min(1.2, Math.max(-0.35, view.pitch + pitch));
}

function zoomBy(factor) {
  view.zoom = Math.min(6, Math.max(0.6, view.zoom * factor));
}

const pointers = new Map();
stage.addEventListener("pointerdown", (event) => {
  if (event.target.closest("button")) return;
  stage.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
  stage.classList.add("held");
});
stage.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  if (pointers.size === 1) {
    turnBy((event.clientX - before.clientX) * 0.01, (event.clientY - before.clientY) * 0.006);
  } else {
    const other = [...pointers.values()].find((p) => p.pointerId !== event.pointerId);
    const gap = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY) || 1;
    zoomBy(gap(event) / gap(before));
  }
  pointers.set(event.pointerId, event);
});
for (const name of ["pointerup", "pointercancel"]) {
  stage.addEventListener(name, (event) => {
    pointers.delete(event.pointerId);
    stage.classList.toggle("held", pointers.size > 0);
  });
}
stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoomBy(Math.exp(-event.deltaY * 0.0012));
}, { passive: false });
stage.addEventListener("dblclick", () => Object.assign(view, { yaw: 0, pitch: 0.06, zoom: 1 }));
stage.addEventListener("keydown", (event) => {
  if (event.target !== stage) return;
  const keys = {
    ArrowLeft: () => turnBy(-0.15, 0), ArrowRight: () => turnBy(0.15, 0),
    ArrowUp: () => turnBy(0, -0.08), ArrowDown: () => turnBy(0, 0.08),
    "+": () => zoomBy(1.15), "=": () => zoomBy(1.15), "-": () => zoomBy(1 / 1.15),
  };
  if (!keys[event.key]) return;
  keys[event.key]();
  event.preventDefault();
});

// ---- Clips: joint rotations (x, y, z, w) and the root's place, blended while one follows another.

const parents = data.parents;
const jointCount = parents.length;
const restJoints = decode(data.restJoints, Float32Array);
const clips = data.clips.map((clip) => ({
  ...clip, rotations: decode(clip.rotations, Float32Array), offsets: decode(clip.offsets, Float32Array),
}));
const playing = { clip: clips[0], since: 0, from: null, fadeFrom: 0 };

function nearRotation(a, ai, b, bi, share, out, oi) {
  // Normalised linear blend: keys lie close together, so it cannot be told from a slerp.
  let dot = 0;
  for (let c = 0; c < 4; c++) dot += a[ai + c] * b[bi + c];
  const sign = dot < 0 ? -1 : 1;
  let length = 0;
  for (let c = 0; c < 4; c++) {
    out[oi + c] = a[ai + c] * (1 - share) + sign * b[bi + c] * share;
    length += out[oi + c] ** 2;
  }
  length = Math.sqrt(length) || 1;
  for (let c = 0; c < 4; c++) out[oi + c] /= length;
}

function sample(clip, seconds) {
  const pose = { rotations: new Float32Array(4 * jointCount), offset: [0, 0, 0], height: clip.height, radius: clip.radius };
  const place = ((seconds / clip.seconds) % 1) * (clip.keys - 1);
  const first = Math.min(Math.floor(place), clip.keys - 2);
  const share = place - first;
  for (let j = 0; j < jointCount; j++) {
    const at = 4 * (first * jointCount + j);
    nearRotation(clip.rotations, at, clip.rotations, at + 4 * jointCount, share, pose.rotations, 4 * j);
  }
  for (let c = 0; c < 3; c++) {
    pose.offset[c] = clip.offsets[3 * first + c] * (1 - share) + clip.offsets[3 * first + 3 + c] * share;
  }
  return pose;
}

function mix(a, b, share) {
  const pose = { rotations: new Float32Array(4 * jointCount) };
  for (let j = 0; j < jointCount; j++) nearRotation(a.rotations, 4 * j, b.rotations, 4 * j, share, pose.rotations, 4 * j);
  const blend = (x, y) => x * (1 - share) + y * share;
  pose.offset = a.offset.map((x, c) => blend(x, b.offset[c]));
  pose.height = blend(a.height, b.height);
  pose.radius = blend(a.radius, b.radius);
  return pose;
}

function poseAt(now) {
  const pose = sample(playing.clip, calm ? 0.25 * playing.clip.seconds : now - playing.since);
  const share = (now - playing.fadeFrom) / FADE_SECONDS;
  if (!playing.from || share >= 1) return pose;
  return mix(playing.from, pose, share * share * (3 - 2 * share));
}

/** Where the joints are, and their skinning matrices (rest space to posed space) as 3 rows each. */
function skeleton(pose) {
  const turns = [], places = [], rows = new Float32Array(12 * jointCount);
  for (let j = 0; j < jointCount; j++) {
    const [x, y, z, w] = pose.rotations.subarray(4 * j, 4 * j + 4);
    let turn = [
      1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
      2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
      2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ];
    const rest = restJoints.subarray(3 * j, 3 * j + 3), p = parents[j];
    let place = [rest[0] + pose.offset[0], rest[1] + pose.offset[1], rest[2] + pose.offset[2]];
    if (p >= 0) {
      const above = turns[p], own = turn;
      turn = own.map((_, i) => {
        const r = 3 * Math.floor(i / 3), c = i % 3;
        return above[r] * own[c] + above[r + 1] * own[c + 3] + above[r + 2] * own[c + 6];
      });
      const d = [0, 1, 2].map((c) => rest[c] - restJoints[3 * p + c]);
      place = [0, 1, 2].map((r) => places[p][r] + above[3 * r] * d[0] + above[3 * r + 1] * d[1] + above[3 * r + 2] * d[2]);
    }
    turns.push(turn);
    places.push(place);
    for (let r = 0; r < 3; r++) {
      const a = turn.slice(3 * r, 3 * r + 3);
      rows.set([...a, place[r] - a[0] * rest[0] - a[1] * rest[1] - a[2] * rest[2]], 12 * j + 4 * r);
    }
  }
  return { places, rows };
}

// ---- Drawing

const BODY_VERTEX = `#version 300 es
uniform mat4 camera; uniform vec4 skin[${3 * jointCount}];
in vec3 position; in vec3 normal; in vec2 uv; in uvec4 joints; in vec4 weights;
out vec3 towards; out vec2 texel;
void main() {
  vec4 x = vec4(0), y = vec4(0), z = vec4(0);
  for (int i = 0; i < 4; i++) {
    int j = 3 * int(joints[i]);
    x += weights[i] * skin[j]; y += weights[i] * skin[j + 1]; z += weights[i] * skin[j + 2];
  }
  vec4 p = vec4(position, 1), n = vec4(normal, 0);
  towards = vec3(dot(x, n), dot(y, n), dot(z, n));
  texel = uv;
  gl_Position = camera * vec4(dot(x, p), dot(y, p), dot(z, p), 1);
}`;
const BODY_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D colours; uniform vec3 light;
in vec3 towards; in vec2 texel; out vec4 colour;
void main() {
  vec3 n = normalize(towards);
  float facing = max(dot(n, light), 0.0);
  float lit = 0.74 + 0.08 * n.y + 0.24 * facing;
  // The second part is a faint sheen: without it black clothes have no form.
  colour = vec4(texture(colours, texel).rgb * lit + 0.07 * facing * facing, 1);
}`;
const SHADOW_VERTEX = `#version 300 es
uniform mat4 camera; uniform vec3 place; uniform float radius; out vec2 at;
void main() {
  at = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  gl_Position = camera * vec4(place.x + at.x * radius, 0, place.z + at.y * radius, 1);
}`;
const SHADOW_FRAGMENT = `#version 300 es
precision highp float;
uniform float strength; in vec2 at; out vec4 colour;
void main() { float d = max(0.0, 1.0 - dot(at, at)); colour = vec4(0, 0, 0, strength * d * d); }`;

function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
  return made;
}

function attribute(gl, made, name, array, size, type, normalized) {
  const at = gl.getAttribLocation(made, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, array, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(at);
  if (name === "joints") gl.vertexAttribIPointer(at, size, type, 0, 0);
  else gl.vertexAttribPointer(at, size, type, normalized, 4 * Math.ceil((size * array.BYTES_PER_ELEMENT) / 4), 0);
}

/** Column-major: an orbit about the middle of the person, far enough to see all of it. */
function cameraMatrix(pose, aspect) {
  const tan = Math.tan(FIELD_OF_VIEW / 2);
  const fits = Math.max(pose.height * 0.6, (pose.radius * 1.08) / aspect) / tan + pose.radius * 0.4;
  const distance = fits / view.zoom;
  const [sy, cy, sp, cp] = [Math.sin(view.yaw), Math.cos(view.yaw), Math.sin(view.pitch), Math.cos(view.pitch)];
  const middle = pose.height * 0.455, // above the buttons
     near = 0.05, far = 60, f = 1 / tan, d = (far + near) / (near - far);
  // rows of the view: right, up, back
  const rows = [[cy, 0, sy], [sp * sy, cp, -sp * cy], [-cp * sy, sp, cp * cy]];
  const shift = [0, -cp * middle, -sp * middle - distance];
  const m = new Float32Array(16);
  for (let c = 0; c < 4; c++) {
    const of = (r) => (c < 3 ? rows[r][c] : shift[r]);
    m[4 * c] = (f / aspect) * of(0);
    m[4 * c + 1] = f * of(1);
    m[4 * c + 2] = d * of(2) + (c === 3 ? (2 * far * near) / (near - far) : 0);
    m[4 * c + 3] = -of(2);
  }
  return m;
}

function startWebGL(picture) {
  const gl = canvas.getContext("webgl2", { antialias: true, alpha: true, premultipliedAlpha: true });
  if (!gl) return false;
  const body = program(gl, BODY_VERTEX, BODY_FRAGMENT), shadow = program(gl, SHADOW_VERTEX, SHADOW_FRAGMENT);
  const bodyArrays = gl.createVertexArray(), noArrays = gl.createVertexArray();
  gl.bindVertexArray(bodyArrays);
  attribute(gl, body, "position", decode(data.positions, Float32Array), 3, gl.FLOAT, false);
  attribute(gl, body, "normal", decode(data.normals, Int8Array), 3, gl.BYTE, true);
  attribute(gl, body, "uv", decode(data.uv, Uint16Array), 2, gl.UNSIGNED_SHORT, true);
  attribute(gl, body, "joints", decode(data.joints, Uint8Array), 4, gl.UNSIGNED_BYTE, false);
  attribute(gl, body, "weights", decode(data.weights, Uint8Array), 4, gl.UNSIGNED_BYTE, true);
  const faces = decode(data.faces, data.wideFaces ? Uint32Array : Uint16Array);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, faces, gl.STATIC_DRAW);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, true); // row 0 of the picture is v = 1
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, picture);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  const where = (made, name) => gl.getUniformLocation(made, name);
  const type = data.wideFaces ? gl.UNSIGNED_INT : gl.UNSIGNED_SHORT;

  function draw(pose) {
    const scale = Math.min(2, devicePixelRatio || 1);
    const [w, h] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    gl.viewport(0, 0, w, h);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const camera = cameraMatrix(pose, w / Math.max(1, h));
    gl.bindVertexArray(noArrays);
    gl.useProgram(shadow);
    gl.enable(gl.BLEND);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.CULL_FACE);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.uniformMatrix4fv(where(shadow, "camera"), false, camera);
    const { places, rows } = skeleton(pose);
    for (const [joint, radius, strength] of data.shadows) { // fainter the higher the joint is
      gl.uniform3f(where(shadow, "place"), ...places[joint]);
      gl.uniform1f(where(shadow, "radius"), radius);
      gl.uniform1f(where(shadow, "strength"), strength * Math.exp(-4 * Math.max(0, places[joint][1] - restJoints[3 * joint + 1])));
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
    gl.bindVertexArray(bodyArrays);
    gl.useProgram(body);
    gl.disable(gl.BLEND);
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.CULL_FACE);
    gl.uniformMatrix4fv(where(body, "camera"), false, camera);
    gl.uniform4fv(where(body, "skin"), rows);
    const side = view.yaw - 0.5; // the light comes from beside the viewer
    gl.uniform3f(where(body, "light"), -Math.sin(side) * 0.87, 0.5, Math.cos(side) * 0.87);
    gl.drawElements(gl.TRIANGLES, faces.length, type, 0);
  }

  let last = performance.now() / 1000;
  function frame() {
    const now = performance.now() / 1000;
    if (view.turning) view.yaw -= TURN_SPEED * Math.min(0.1, now - last);
    last = now;
    draw(poseAt(now));
    document.documentElement.dataset.drawn = "webgl";
    requestAnimationFrame(frame);
  }
  frame();
  return true;
}

/** Without WebGL the turntable's frames, side by side in one picture, turn under the pointer. */
function startFrames() {
  const { picture, count, width, height } = data.turntable;
  const window_ = document.getElementById("frames");
  window_.hidden = false;
  canvas.hidden = true;
  document.getElementById("clips").hidden = true;
  document.getElementById("no-webgl").hidden = false;
  window_.style.cssText = `aspect-ratio:${width}/${height};background-image:url(${picture});background-size:${100 * count}% 100%`;
  let last = performance.now() / 1000;
  function frame() {
    const now = performance.now() / 1000;
    if (view.turning) view.yaw -= TURN_SPEED * Math.min(0.1, now - last);
    last = now;
    const index = ((Math.round((-view.yaw / (2 * Math.PI)) * count) % count) + count) % count;
    window_.style.backgroundPositionX = `${(100 * index) / (count - 1)}%`;
    document.documentElement.dataset.drawn = "frames";
    requestAnimationFrame(frame);
  }
  frame();
}

function play(name) {
  const now = performance.now() / 1000;
  const next = clips.find((clip) => clip.name === name) || clips[0];
  if (playing.since) Object.assign(playing, { from: poseAt(now), fadeFrom: calm ? 0 : now });
  Object.assign(playing, { clip: next, since: now });
  for (const button of document.querySelectorAll("#clips button")) {
    button.setAttribute("aria-pressed", String(button.dataset.clip === next.name));
  }
}
for (const button of document.querySelectorAll("#clips button")) {
  button.addEventListener("click", () => play(button.dataset.clip));
}
play(link.get("clip"));

const picture = new Image();
picture.onload = () => {
  let works = false;
  try {
    works = !link.has("nowebgl") && startWebGL(picture);
  } catch (error) {
    console.warn(String(error));
  }
  if (!works) startFrames();
};
picture.src = data.texture;
