/* Which rules name which fields. Texts are cut like forms/expressions/lexer.py cuts them; what they mean, and whether
 * they are right, is for the server to say.
 */
import { children, sections, walk } from "./model.js";

const TOKEN =
  /(\s+)|([0-9]+(?:\.[0-9]+)?)|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|('(?:[^']|'')*'|"(?:[^"]|"")*"|\u2018[^\u2019]*\u2019|\u201c[^\u201d]*\u201d)|(<=|>=|==|!=|<>|\uff01=|[\u2264\u2265\u2260\u00d7\u00f7\u2212=<>+\-*/(),[\]])/y;
const WIDE = "\uff08\uff09\uff0c\uff3b\uff3d\uff0b\uff0d\uff0a\uff0f\uff1c\uff1e\uff1d\u3000";
const NARROW = "(),[]+-*/<>= ";
const SIGNS = { "==": "=", "<>": "!=", "\u2260": "!=", "\u2264": "<=", "\u2265": ">=", "\uff01=": "!=", "\u00d7": "*", "\u00f7": "/", "\u2212": "-" };
const KEYWORDS = new Set(["and", "or", "not", "in", "true", "false", "null", "where"]);

export const RULES = ["visible_when", "required_when", "compute", "prefill", "option_filter"];

/* The words of an expression as {kind, value, start, end}; null where it cannot be read. */
export function tokens(text) {
  const readable = Array.from(text, (sign) => (WIDE.indexOf(sign) < 0 ? sign : NARROW[WIDE.indexOf(sign)])).join("");
  const found = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < readable.length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(readable);
    if (match === null) {
      return null;
    }
    const end = TOKEN.lastIndex;
    const [, , number, name, quoted, sign] = match;
    if (number) {
      found.push({ kind: "number", value: number, start, end });
    } else if (name) {
      found.push({ kind: "name", value: name, start, end });
    } else if (quoted) {
      const quote = quoted[0];
      const inner = text.slice(start + 1, end - 1).split(quote + quote).join(quote);
      found.push({ kind: "text", value: inner, start, end });
    } else if (sign) {
      found.push({ kind: "sign", value: SIGNS[sign] || sign, start, end });
    }
  }
  return found;
}

/* The names in an expression as {value, table, start, end}: fields and variables, no functions, no keywords. */
export function names(text, table) {
  const words = tokens(text);
  if (words === null) {
    return [];
  }
  const found = [];
  const scopes = [];
  let depth = 0;
  words.forEach((word, index) => {
    const next = words[index + 1];
    if (word.kind === "sign") {
      depth += word.value === "(" ? 1 : word.value === ")" ? -1 : 0;
      while (scopes.length && (depth < scopes[0].depth || (depth === scopes[0].depth && word.value === ","))) {
        scopes.shift();
      }
    } else if (word.kind === "name" && word.value.toLowerCase() === "where") {
      const before = found[found.length - 1];
      scopes.unshift({ depth, table: before ? bare(before.value).split(".")[0] : table });
    } else if (word.kind === "name" && !KEYWORDS.has(word.value.toLowerCase()) && !(next && next.value === "(" && next.kind === "sign")) {
      found.push({ value: word.value, table: scopes.length ? scopes[0].table : table, start: word.start, end: word.end });
    }
  });
  return found;
}

function bare(name) {
  return name.replace(/^(parent|previous)\./, "");
}

/* The path that a name means in a rule of the sub-table *table*; null for a variable or for nothing known. */
export function resolve(name, table, known) {
  if (name[0] === "_") {
    return null;
  }
  const inner = bare(name);
  const within = inner === name ? table : "";
  const choices = within ? [`${within}.${inner}`, inner] : [inner];
  for (const path of choices) {
    if (known.has(path)) {
      return path;
    }
    const dot = path.lastIndexOf(".");
    if (inner.indexOf(".") >= 0 && dot > 0 && known.has(path.slice(0, dot))) {
      return path.slice(0, dot);
    }
  }
  return null;
}

/* Every rule as {at, name, index, text, table, path}; *index* counts checks. */
export function rules(definition) {
  const found = [];
  const text = (raw) => (raw === null || raw === undefined ? "" : String(raw));
  sections(definition).forEach((section, s) => {
    if (text(section.visible_when)) {
      found.push({ at: [s], name: "visible_when", text: text(section.visible_when), table: "", path: "" });
    }
  });
  walk(definition, (field, at, path) => {
    const table = path.indexOf(".") < 0 ? "" : path.slice(0, path.lastIndexOf("."));
    RULES.forEach((name) => {
      if (text(field[name])) {
        found.push({ at, name, text: text(field[name]), table, path });
      }
    });
    (Array.isArray(field.checks) ? field.checks : []).forEach((check, index) => {
      if (check && text(check.expression)) {
        found.push({ at, name: "checks", index, text: text(check.expression), table, path });
      }
    });
  });
  const published = definition.published_when;
  if (published && typeof published === "object") {
    Object.keys(published.rows || {}).forEach((table) => {
      found.push({ at: [], name: "published_when", text: text(published.rows[table]), table, path: "" });
    });
    if (published.record) {
      found.push({ at: [], name: "published_when", text: text(published.record), table: "", path: "" });
    }
  } else if (published) {
    found.push({ at: [], name: "published_when", text: text(published), table: "", path: "" });
  }
  return found;
}

export function pathsOf(definition) {
  const known = new Set();
  walk(definition, (field, at, path) => known.add(path));
  return known;
}

/* The rules, and the settings of the form, that name the field at *path* or a column of it: what its going would break. */
export function usesOf(definition, path) {
  const known = pathsOf(definition);
  const about = (found) => found === path || (found !== null && found.startsWith(`${path}.`));
  const found = rules(definition).filter(
    (rule) => rule.path !== path && !rule.path.startsWith(`${path}.`) &&
      names(rule.text, rule.table).some((name) => about(resolve(name.value, name.table, known)))
  );
  const list = definition.list || {};
  const keys = (raw) => (Array.isArray(raw) ? raw : []);
  if ([...keys(list.columns), ...keys(list.search), String(list.order || "").replace(/^-/, "")].indexOf(path) >= 0) {
    found.push({ at: [], name: "list", text: "", table: "", path: "" });
  }
  keys(definition.unique).forEach((unique) => {
    if (keys(unique && unique.fields).indexOf(path) >= 0) {
      found.push({ at: [], name: "unique", text: "", table: "", path: "" });
    }
  });
  return found;
}

/* The text with every name that means *path* written anew. */
function renamed(text, table, known, path, key) {
  if (typeof text !== "string") {
    return text;
  }
  let changed = "";
  let done = 0;
  names(text, table).forEach((name) => {
    const found = resolve(name.value, name.table, known);
    if (found === path || (found !== null && found.startsWith(`${path}.`))) {
      changed += text.slice(done, name.start) + spelled(name, path, key);
      done = name.end;
    }
  });
  return done ? changed + text.slice(done) : text;
}

function spelled(name, path, key) {
  const parts = name.value.split(".");
  const last = path.slice(path.lastIndexOf(".") + 1);
  const start = /^(parent|previous)\./.test(name.value) ? 1 : 0;
  const place = parts.indexOf(last, start);
  if (place >= 0) {
    parts[place] = key;
  }
  return parts.join(".");
}

/* The definition with every mention of the field at *at* under its new key; the field itself keeps the old one. */
export function rekeyed(definition, at, key) {
  const known = pathsOf(definition);
  const field = children(at.length === 3 ? children(sections(definition)[at[0]])[at[1]] : sections(definition)[at[0]])[at[at.length - 1]];
  const owner = at.length === 3 ? children(sections(definition)[at[0]])[at[1]].key : "";
  const path = owner ? `${owner}.${field.key}` : field.key;
  const again = (text, table) => renamed(text, table, known, path, key);
  const ruled = (item, table) => {
    const values = {};
    RULES.forEach((name) => {
      if (typeof item[name] === "string" && again(item[name], table) !== item[name]) {
        values[name] = again(item[name], table);
      }
    });
    if (Array.isArray(item.checks) && item.checks.some((check) => check && again(check.expression, table) !== check.expression)) {
      values.checks = item.checks.map((check) => Object.assign({}, check, { expression: again(check.expression, table) }));
    }
    if (!owner && item.type_field === field.key) {
      values.type_field = key;
    }
    if (item.fields && owner !== item.key) {
      const columns = item.fields.map((column) => ruled(column, item.key));
      if (columns.some((column, index) => column !== item.fields[index])) {
        values.fields = columns;
      }
    } else if (item.fields) {
      const columns = item.fields.map((column) => ruled(column, item.key));
      values.fields = columns;
      ["totals", "unique_columns"].forEach((name) => {
        if (Array.isArray(item[name])) {
          values[name] = item[name].map((column) => (column === field.key ? key : column));
        }
      });
      if (item.fixed_rows === field.key) {
        values.fixed_rows = key;
      }
    }
    return Object.keys(values).length ? Object.assign({}, item, values) : item;
  };
  const parts = sections(definition).map((section) => {
    const visible = again(section.visible_when, "");
    const fields = children(section).map((item) => ruled(item, ""));
    const same = visible === section.visible_when && fields.every((item, index) => item === children(section)[index]);
    return same ? section : Object.assign({}, section, section.visible_when ? { visible_when: visible } : {}, { fields });
  });
  const after = Object.assign({}, definition, { sections: parts });
  return owner ? after : withSettings(after, field.key, key, again);
}

/* The form's own settings name top-level fields by key. */
function withSettings(definition, old, key, again) {
  const swap = (list) => (Array.isArray(list) ? list.map((item) => (item === old ? key : item)) : list);
  const values = {};
  if (definition.list) {
    const list = Object.assign({}, definition.list);
    ["columns", "search"].forEach((name) => {
      if (list[name]) {
        list[name] = swap(list[name]);
      }
    });
    if (typeof list.order === "string") {
      list.order = list.order.replace(/^(-?)(.*)$/, (whole, sign, name) => sign + (name === old ? key : name));
    }
    values.list = list;
  }
  if (Array.isArray(definition.unique)) {
    values.unique = definition.unique.map((item) => Object.assign({}, item, { fields: swap(item.fields) }));
  }
  if (typeof definition.published_when === "string") {
    values.published_when = again(definition.published_when, "");
  } else if (definition.published_when && definition.published_when.record) {
    values.published_when = Object.assign({}, definition.published_when, { record: again(definition.published_when.record, "") });
  }
  return Object.assign({}, definition, values);
}
