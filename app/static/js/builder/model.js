/* A definition as plain JSON, and places in it.
 *
 * A place is a list of numbers: [] the form, [s] a section, [s, f] a field, [s, f, c] a column of a sub-table.
 * Numbers and not keys: while somebody is at work two fields may have one key for a moment.
 */

export function sections(definition) {
  return definition.sections || [];
}

export function children(holder) {
  return (holder && holder.fields) || [];
}

/* What stands at a place; undefined where nothing does. */
export function node(definition, at) {
  if (at.length === 0) {
    return definition;
  }
  let found = sections(definition)[at[0]];
  for (let depth = 1; depth < at.length && found; depth += 1) {
    found = children(found)[at[depth]];
  }
  return found;
}

export function same(one, other) {
  return one.length === other.length && one.every((number, index) => number === other[index]);
}

/* Calls back with (field, place, path) for every field and every column, in order. */
export function walk(definition, callback) {
  sections(definition).forEach((section, s) => {
    children(section).forEach((field, f) => {
      callback(field, [s, f], field.key);
      children(field).forEach((column, c) => callback(column, [s, f, c], `${field.key}.${column.key}`));
    });
  });
}

/* The key by which rules and issues call a place: a field's key, table.column, or a section's key. */
export function pathOf(definition, at) {
  const found = node(definition, at);
  if (!found || at.length === 0) {
    return "";
  }
  return at.length === 3 ? `${node(definition, at.slice(0, 2)).key}.${found.key}` : found.key || "";
}

/* The place of a field by its path, else of a section by its key; null for neither. */
export function placeOf(definition, path) {
  let place = null;
  walk(definition, (field, at, name) => {
    if (place === null && name === path) {
      place = at;
    }
  });
  if (place === null) {
    const number = sections(definition).findIndex((section) => section.key === path);
    place = number < 0 ? null : [number];
  }
  return place;
}

/* The place of this very object: cards know their field, not where it has moved to meanwhile. */
export function placeOfNode(definition, wanted) {
  let place = null;
  sections(definition).forEach((section, s) => {
    if (section === wanted) {
      place = [s];
    }
  });
  if (place === null) {
    walk(definition, (field, at) => {
      if (field === wanted) {
        place = at;
      }
    });
  }
  return place;
}

export function labelText(raw, language) {
  if (!raw) {
    return "";
  }
  if (typeof raw === "string") {
    return raw;
  }
  return (language === "en" && raw.en) || raw.zh || raw.en || "";
}

export function labelPart(raw, part) {
  if (typeof raw === "string") {
    return part === "zh" ? raw : "";
  }
  return (raw && raw[part]) || "";
}

/* A label with one of its texts changed; null once nothing is left. */
export function withText(raw, part, text) {
  const found = { zh: labelPart(raw, "zh"), en: labelPart(raw, "en") };
  found[part] = text;
  if (!found.zh && !found.en) {
    return null;
  }
  return found.en ? { zh: found.zh, en: found.en } : { zh: found.zh };
}

/* A key that nothing in the list has: base_1, base_2, … */
export function freeKey(base, taken, first = 1) {
  const used = new Set(taken);
  for (let number = first; ; number += 1) {
    if (!used.has(`${base}_${number}`)) {
      return `${base}_${number}`;
    }
  }
}

/* The keys beside a place, which a new one there must not repeat. */
export function keysAt(definition, at) {
  if (at.length === 1) {
    return sections(definition).map((section) => section.key);
  }
  if (at.length === 3) {
    return children(node(definition, at.slice(0, 2))).map((column) => column.key);
  }
  const found = [];
  sections(definition).forEach((section) => children(section).forEach((field) => found.push(field.key)));
  return found;
}

/* Where a step up (-1) or down (1) leads; null at the end of the road. */
export function neighbour(definition, at, step) {
  const [s, f] = at;
  if (at.length === 1) {
    const to = s + step;
    return to < 0 || to >= sections(definition).length ? null : [to];
  }
  const holder = at.slice(0, -1);
  const to = at[at.length - 1] + step;
  if (to >= 0 && to < children(node(definition, holder)).length) {
    return holder.concat(to);
  }
  if (at.length === 3 || f === undefined) {
    return null;
  }
  const next = s + step;
  if (next < 0 || next >= sections(definition).length) {
    return null;
  }
  return step > 0 ? [next, 0] : [next, children(sections(definition)[next]).length];
}
