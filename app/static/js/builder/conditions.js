/* A condition as rows of field, operator, value, all or any of which must hold, with groups one level deep; and back.
 *
 * {match: "all"|"any", rows: [{field, operator, values, other} | {match, rows}]}: *other* names a field, or _today, that
 * stands where a value would. What says more than rows can is null here and stays a formula.
 */
import { tokens } from "./references.js";

const SIGNS = { eq: "=", ne: "!=", lt: "<", lte: "<=", gt: ">", gte: ">=" };
const OPERATORS = { "=": "eq", "!=": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte" };
const MIRRORED = { eq: "eq", ne: "ne", lt: "gt", lte: "gte", gt: "lt", gte: "lte" };
const NUMBERS = new Set(["integer", "decimal", "money", "percent", "rating", "computed"]);
const DATES = new Set(["date", "month", "year", "datetime"]);

export const LISTED = new Set(["in", "not_in"]);
export const BARE = new Set(["filled", "empty"]);

/* The operators that go with a field: *kind* is its type as rules see it, *options* whether it has a list of codes. */
export function operatorsOf(kind, options) {
  if (["file", "image", "signature", "subtable", "reference"].indexOf(kind) >= 0) {
    return ["filled", "empty"];
  }
  if (kind === "multiselect") {
    return ["contains", "not_contains", "filled", "empty"];
  }
  if (kind === "bool") {
    return ["eq", "filled", "empty"];
  }
  if (options) {
    return ["eq", "ne", "in", "not_in", "filled", "empty"];
  }
  if (NUMBERS.has(kind) || DATES.has(kind)) {
    return ["eq", "ne", "gt", "gte", "lt", "lte", "filled", "empty"];
  }
  return ["eq", "ne", "contains", "not_contains", "starts", "filled", "empty"];
}

function literal(value, kind) {
  if (kind === "bool" && (value === "true" || value === "false")) {
    return value;
  }
  if (NUMBERS.has(kind) && /^-?\d{1,15}(\.\d{1,6})?$/.test(value)) {
    return value;
  }
  return `'${String(value).replace(/'/g, "''")}'`;
}

/* Whether a row says enough to be written. */
export function complete(row) {
  if (row.rows) {
    return row.rows.some(complete);
  }
  return Boolean(row.field && row.operator && (BARE.has(row.operator) || row.other || row.values.some((value) => value !== "")));
}

/* The expression that *condition* means; rows that say too little are left out. *kindOf(name)* is a field's type. */
export function textOf(condition, kindOf) {
  const parts = condition.rows.filter(complete).map((row) => {
    if (!row.rows) {
      return rowText(row, kindOf);
    }
    const inner = textOf(row, kindOf);
    const several = row.rows.filter(complete).length > 1;
    // "and" binds tighter than "or": only the other way round needs brackets, as the server writes them.
    return several && row.match === "any" ? `(${inner})` : inner;
  });
  return parts.join(condition.match === "any" ? " or " : " and ");
}

function rowText(row, kindOf) {
  const kind = kindOf(row.field);
  if (BARE.has(row.operator)) {
    return `${row.operator}(${row.field})`;
  }
  if (LISTED.has(row.operator)) {
    const values = row.values.filter((value) => value !== "").map((value) => literal(value, kind));
    return `${row.field} ${row.operator === "in" ? "in" : "not in"} [${values.join(", ")}]`;
  }
  const value = row.other || literal(row.values[0], kind);
  if (row.operator === "contains" || row.operator === "starts") {
    return `${row.operator}(${row.field}, ${value})`;
  }
  if (row.operator === "not_contains") {
    return `not contains(${row.field}, ${value})`;
  }
  return `${row.field} ${SIGNS[row.operator]} ${value}`;
}

class Beyond extends Error {}

/* The condition that *text* says; null where rows cannot say it. */
export function read(text) {
  const words = tokens(String(text));
  if (words === null || !words.length) {
    return null;
  }
  try {
    const reader = new Reader(words);
    const found = reader.either();
    return reader.done() ? shaped(found) : null;
  } catch (error) {
    if (error instanceof Beyond) {
      return null;
    }
    throw error;
  }
}

/* One row is a list of one; a group in a group is too deep. */
function shaped(found) {
  const condition = found.rows ? found : { match: "all", rows: [found] };
  const deep = condition.rows.some((row) => row.rows && row.rows.some((inner) => inner.rows));
  return deep ? null : condition;
}

class Reader {
  constructor(words) {
    this.words = words;
    this.index = 0;
  }

  done() {
    return this.index === this.words.length;
  }

  is(value, kind) {
    const word = this.words[this.index];
    return Boolean(word) && word.kind === kind && word.value.toLowerCase() === value;
  }

  take(value, kind) {
    if (!this.is(value, kind)) {
      return false;
    }
    this.index += 1;
    return true;
  }

  expect(value) {
    if (!this.take(value, "sign")) {
      throw new Beyond();
    }
  }

  either() {
    return this.chain("or", "any", () => this.chain("and", "all", () => this.row()));
  }

  chain(word, match, operand) {
    const rows = [operand()];
    while (this.take(word, "name")) {
      rows.push(operand());
    }
    if (rows.length === 1) {
      return rows[0];
    }
    // (a and b) and c says the same as a and b and c.
    return { match, rows: [].concat(...rows.map((row) => (row.rows && row.match === match ? row.rows : [row]))) };
  }

  row() {
    if (this.take("(", "sign")) {
      const inner = this.either();
      this.expect(")");
      return inner;
    }
    if (this.take("not", "name")) {
      const inner = this.row();
      const turned = { contains: "not_contains", empty: "filled", filled: "empty", in: "not_in" };
      if (inner.rows || !turned[inner.operator]) {
        throw new Beyond();
      }
      return Object.assign({}, inner, { operator: turned[inner.operator] });
    }
    for (const operator of ["empty", "filled", "contains", "starts"]) {
      if (this.is(operator, "name") && this.words[this.index + 1] && this.words[this.index + 1].value === "(") {
        this.index += 2;
        return this.called(operator);
      }
    }
    return this.compared();
  }

  called(operator) {
    const left = this.operand();
    if (!left.name) {
      throw new Beyond();
    }
    const row = { field: left.name, operator, values: [], other: "" };
    if (!BARE.has(operator)) {
      this.expect(",");
      Object.assign(row, this.value(this.operand()));
    }
    this.expect(")");
    return row;
  }

  value(operand) {
    const value = { values: operand.name ? [] : [operand.value], other: operand.name || "" };
    return operand.truth ? Object.assign(value, { truth: true }) : value;
  }

  compared() {
    const left = this.operand();
    const negated = this.is("not", "name") && this.words[this.index + 1] && this.words[this.index + 1].value.toLowerCase() === "in";
    if (negated) {
      this.index += 1;
    }
    if (this.take("in", "name")) {
      return this.listed(left, negated ? "not_in" : "in");
    }
    const word = this.words[this.index];
    const operator = word && word.kind === "sign" ? OPERATORS[word.value] : undefined;
    if (!operator) {
      if (left.name) {
        // A yes/no field standing alone.
        return { field: left.name, operator: "eq", values: ["true"], other: "", truth: true };
      }
      throw new Beyond();
    }
    this.index += 1;
    const right = this.operand();
    if (right.empty || left.empty) {
      const name = right.empty ? left.name : right.name;
      if (!name || (operator !== "eq" && operator !== "ne")) {
        throw new Beyond();
      }
      return { field: name, operator: operator === "eq" ? "empty" : "filled", values: [], other: "" };
    }
    if (left.name && left.name[0] !== "_") {
      return Object.assign({ field: left.name, operator }, this.value(right));
    }
    if (right.name) {
      return Object.assign({ field: right.name, operator: MIRRORED[operator] }, this.value(left));
    }
    throw new Beyond();
  }

  listed(left, operator) {
    this.expect("[");
    const values = [];
    do {
      const item = this.operand();
      if (item.name || item.empty || !left.name) {
        throw new Beyond();
      }
      values.push(item.value);
    } while (this.take(",", "sign"));
    this.expect("]");
    return { field: left.name, operator, values, other: "" };
  }

  /* A name, or a value as text. */
  operand() {
    const minus = this.take("-", "sign");
    const word = this.words[this.index];
    this.index += 1;
    if (!word || word.kind === "sign" || (minus && word.kind !== "number")) {
      throw new Beyond();
    }
    const next = this.words[this.index];
    if (next && next.kind === "sign" && ["+", "-", "*", "/"].indexOf(next.value) >= 0) {
      throw new Beyond();
    }
    if (word.kind !== "name") {
      return { value: minus ? `-${word.value}` : word.value };
    }
    const lower = word.value.toLowerCase();
    if (lower === "true" || lower === "false") {
      return { value: lower, truth: true };
    }
    if (lower === "null") {
      return { empty: true };
    }
    if (["and", "or", "not", "in", "where"].indexOf(lower) >= 0 || (next && next.value === "(" && next.kind === "sign")) {
      throw new Beyond();
    }
    return { name: word.value };
  }
}

/* The condition as a sentence. *words*: {label(name), value(name, code), operator(key), and, or, quote}. */
export function sentenceOf(condition, words) {
  const parts = condition.rows.filter(complete).map((row) => {
    if (row.rows) {
      return row.rows.filter(complete).length > 1 ? words.group(sentenceOf(row, words)) : sentenceOf(row, words);
    }
    const value = row.other
      ? words.label(row.other)
      : row.values.filter((one) => one !== "").map((one) => words.value(row.field, one)).join(words.comma);
    return words.row(words.label(row.field), words.operator(row.operator), value);
  });
  return parts.join(condition.match === "any" ? words.or : words.and);
}
