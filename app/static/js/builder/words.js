/* How rules and issues of the canvas read: labels instead of keys, sentences instead of expressions. */
import { read, sentenceOf } from "./conditions.js";
import { labelText, node, placeOf, walk } from "./model.js";
import { names, resolve, tokens } from "./references.js";
import { has, t } from "./ui.js";

/* Everything by path that sentences need of a definition. */
export class Names {
  constructor(definition, page) {
    this.language = page.language;
    this.lists = page.code_lists;
    this.fields = new Map();
    walk(definition, (field, at, path) => {
      if (!this.fields.has(path)) {
        this.fields.set(path, field);
      }
    });
    this.known = new Set(this.fields.keys());
    this.forms = new Map((page.forms || []).map((form) => [form.key, form.fields || {}]));
  }

  /* The field of another form that a name reads through a reference, and its key; null for a field of this form. */
  beyond(name, path) {
    const bare = name.replace(/^(parent|previous)\./, "");
    const reference = this.fields.get(path);
    if (reference.type !== "reference" || bare.indexOf(".") < 0 || path.endsWith(bare)) {
      return null;
    }
    const key = bare.slice(bare.lastIndexOf(".") + 1);
    return { key, field: (this.forms.get(reference.form) || {})[key] || {} };
  }

  label(name, table) {
    const path = resolve(name, table, this.known);
    if (path === null) {
      return has(`variable${name}`) ? t(`variable${name}`) : name[0] === "_" ? name : t("gone", { name });
    }
    const text = labelText(this.fields.get(path).label, this.language) || path;
    const beyond = this.beyond(name, path);
    return t("quoted", { text: beyond ? `${text} · ${labelText(beyond.field.label, this.language) || beyond.key}` : text });
  }

  field(name, table) {
    const path = resolve(name, table, this.known);
    if (path === null) {
      return null;
    }
    const beyond = this.beyond(name, path);
    return beyond ? beyond.field : this.fields.get(path);
  }

  value(name, table, code) {
    const field = this.field(name, table);
    if (!field) {
      return code;
    }
    if (field.type === "bool") {
      return t(code === "true" ? "yes" : "no");
    }
    const option = this.options(field).find((one) => one.code === code);
    return option ? optionText(option, this.language) : code;
  }

  /* The options of a field, flat: its own, or those of its code list where the page has them. */
  options(field) {
    const found = [];
    const take = (items) => (items || []).forEach((item) => {
      found.push(item);
      take(item.children);
    });
    const list = field.codelist ? this.lists[field.codelist] : null;
    take(list ? list.items || [] : field.options);
    return found;
  }
}

export function optionText(option, language) {
  return labelText(option.label || { zh: option.zh, en: option.en }, language) || option.code;
}

const parsed = new Map();

function reading(text) {
  if (!parsed.has(text)) {
    parsed.set(text, read(text));
  }
  return parsed.get(text);
}

/* A rule as a sentence; a formula that is no row of conditions with labels instead of keys. */
export function plainRule(text, table, known, valued) {
  const condition = valued ? null : reading(text);
  if (condition === null || !sound(condition, table, known)) {
    return spelledOut(text, table, known);
  }
  return sentenceOf(condition, {
    label: (name) => known.label(name, table),
    value: (name, code) => known.value(name, table, code),
    operator: (key) => t(`operator_${key}`),
    row: (label, operator, value) => (value ? t("condition_row", { label, operator, value }) : t("condition_bare", { label, operator })),
    group: (inner) => t("condition_group", { inner }),
    and: t("and"),
    or: t("or"),
    comma: t("comma"),
  });
}

/* Whether yes and no are asked of yes/no fields alone: rows can say nothing else of them. */
export function sound(condition, table, known) {
  return condition.rows.every((row) => {
    if (row.rows) {
      return sound(row, table, known);
    }
    const field = row.truth ? known.field(row.field, table) : null;
    return !field || field.type === "bool";
  });
}

function spelledOut(text, table, known) {
  const words = tokens(text) || [];
  const named = new Map(names(text, table).map((name) => [name.start, name]));
  let result = "";
  let done = 0;
  const put = (word, said) => {
    result += text.slice(done, word.start) + said;
    done = word.end;
  };
  words.forEach((word, index) => {
    const name = named.get(word.start);
    if (name) {
      put(word, known.label(name.value, name.table));
    } else if (word.kind === "text") {
      const beside = named.get(besideCode(words, index));
      const meant = beside ? known.value(beside.value, beside.table, word.value) : word.value;
      if (meant !== word.value) {
        put(word, t("quoted", { text: meant }));
      }
    }
  });
  return result + text.slice(done);
}

/* Where the name begins that the text at *index* is compared with: name = 'a', 'a' = name, name in ['a', 'b'], contains(name, 'a'). */
function besideCode(words, index) {
  const is = (at, value) => words[at] !== undefined && words[at].kind !== "text" && words[at].value.toLowerCase() === value;
  const start = (at) => (words[at] === undefined ? null : words[at].start);
  const compared = (at) => is(at, "=") || is(at, "!=");
  if (compared(index - 1)) {
    return start(index - 2);
  }
  if (compared(index + 1)) {
    return start(index + 2);
  }
  if (is(index - 1, ",") && is(index - 3, "(") && is(index - 4, "contains")) {
    return start(index - 2);
  }
  let at = index - 1;
  while (is(at, ",") || (words[at] !== undefined && words[at].kind === "text")) {
    at -= 1;
  }
  if (is(at, "[") && is(at - 1, "in")) {
    return start(is(at - 2, "not") ? at - 3 : at - 2);
  }
  return null;
}

/* Rules that give a value and not yes or no. */
export const VALUED = new Set(["compute", "prefill"]);

/* What a rule does, in one sentence. */
export function ruleSentence(rule, known) {
  const inner = plainRule(String(rule.text), rule.table, known, VALUED.has(rule.name));
  return t(`rule_${rule.name}`, { rule: inner });
}

/* The place an issue is about and the tab where it is mended. */
export function issuePlace(definition, issue) {
  const parts = String(issue.path || "").split(".");
  for (let length = parts.length; length > 0; length -= 1) {
    const path = parts.slice(0, length).join(".").replace(/\[\d+\]$/, "");
    const found = placeOf(definition, path);
    if (found) {
      return { at: found, tab: tabOf(parts.slice(length)[0] || "", issue.code) };
    }
  }
  const section = /^sections\[(\d+)\]/.exec(issue.path || "");
  if (section && node(definition, [Number(section[1])])) {
    return { at: [Number(section[1])], tab: "basic" };
  }
  return { at: [], tab: "basic" };
}

function tabOf(name, code) {
  const attribute = name.replace(/\[\d+\]$/, "");
  if (["visible_when", "required_when", "option_filter"].indexOf(attribute) >= 0 || code === "never_visible" || code === "cycle") {
    return "logic";
  }
  if (attribute === "checks" || code === "settings") {
    return "checks";
  }
  if (["prefill", "default", "mask", "readonly_for"].indexOf(attribute) >= 0 || ["class", "mask", "field_key", "duplicate_key", "class_of_source", "nobody_fills"].indexOf(code) >= 0) {
    return "more";
  }
  return "basic";
}
