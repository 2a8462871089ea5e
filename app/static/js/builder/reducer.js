/* What can be done to a definition: JSON in, JSON out, nothing else touched.
 *
 * apply(definition, action) returns {definition, at}: the new definition, which shares with the old one whatever did
 * not change, and the place that is to be selected. An action that names no place of the definition changes nothing.
 */
import { children, freeKey, keysAt, labelPart, node, sections } from "./model.js";
import { rekeyed } from "./references.js";

function put(list, index, item) {
  return list.slice(0, index).concat([item], list.slice(index));
}

function without(list, index) {
  return list.slice(0, index).concat(list.slice(index + 1));
}

function changed(list, index, change) {
  return list.map((item, number) => (number === index ? change(item) : item));
}

/* The definition with the list below *holder* replaced. */
function withList(definition, holder, change) {
  const name = holder.length === 0 ? "sections" : "fields";
  return withNode(definition, holder, (found) => Object.assign({}, found, { [name]: change(found[name] || []) }));
}

function withNode(definition, at, change) {
  if (at.length === 0) {
    return change(definition);
  }
  const last = at[at.length - 1];
  return withList(definition, at.slice(0, -1), (list) => changed(list, last, change));
}

function size(definition, holder) {
  return holder.length === 0 ? sections(definition).length : children(node(definition, holder)).length;
}

function add(definition, { at, node: added }) {
  const holder = at.slice(0, -1);
  if (!node(definition, holder) || at[at.length - 1] > size(definition, holder)) {
    return null;
  }
  return { definition: withList(definition, holder, (list) => put(list, at[at.length - 1], added)), at };
}

function remove(definition, { at }) {
  if (at.length === 0 || !node(definition, at)) {
    return null;
  }
  const [holder, last] = [at.slice(0, -1), at[at.length - 1]];
  const after = withList(definition, holder, (list) => without(list, last));
  const left = size(after, holder);
  return { definition: after, at: left ? holder.concat(Math.min(last, left - 1)) : holder };
}

/* *to* counts without what is moved. */
function move(definition, { from, to }) {
  const moved = node(definition, from);
  if (!moved || from.length !== to.length || from.length === 0) {
    return null;
  }
  if (from.length === 3 && (from[0] !== to[0] || from[1] !== to[1])) {
    return null;
  }
  return add(remove(definition, { at: from }).definition, { at: to, node: moved });
}

/* *taken*: more keys that the copy cannot have; *suffix*: what follows its name. */
function copy(definition, { at, taken = [], suffix = null }) {
  const found = node(definition, at);
  if (!found || at.length === 0) {
    return null;
  }
  const twin = JSON.parse(JSON.stringify(found));
  const to = at.slice(0, -1).concat(at[at.length - 1] + 1);
  twin.key = freeKey(plain(found.key), keysAt(definition, at).concat(taken), 2);
  if (suffix) {
    const name = at.length === 1 ? "title" : "label";
    const label = { zh: labelPart(found[name], "zh") + suffix.zh };
    twin[name] = labelPart(found[name], "en") ? Object.assign(label, { en: labelPart(found[name], "en") + suffix.en }) : label;
  }
  if (at.length === 1) {
    const used = keysAt(definition, [0, 0]).concat(taken);
    children(twin).forEach((field) => {
      field.key = freeKey(plain(field.key), used, 2);
      used.push(field.key);
    });
  }
  return add(definition, { at: to, node: twin });
}

function plain(key) {
  return String(key || "").replace(/_\d+$/, "");
}

/* Sets what *values* names; null takes it away. */
function patch(definition, { at, values }) {
  if (!node(definition, at)) {
    return null;
  }
  const after = withNode(definition, at, (found) => {
    const twin = Object.assign({}, found, values);
    Object.keys(values).forEach((name) => {
      if (values[name] === null || values[name] === undefined) {
        delete twin[name];
      }
    });
    return twin;
  });
  return { definition: after, at };
}

/* A new key, in the place and in everything that names it. */
function rekey(definition, { at, key }) {
  if (at.length === 0 || !node(definition, at)) {
    return null;
  }
  const after = at.length === 1 ? definition : rekeyed(definition, at, key);
  return patch(after, { at, values: { key } });
}

/* Another definition altogether: work taken up again. */
function replace(definition, { definition: next }) {
  return { definition: next, at: [] };
}

const ACTIONS = { add, remove, move, copy, patch, rekey, replace };

export function apply(definition, action) {
  const done = ACTIONS[action.type](definition, action);
  return done || { definition, at: null };
}
