/* Evaluates expression trees in the browser exactly as forms/expressions does on the server.
 *
 * A value is a Big, null, a boolean, a string or an array. The server decides; this copy shows and hides fields and
 * fills computed ones while somebody types.
 *
 *   XqtRules.evaluate(tree, {answers, row, table, today, variables, reference, previous, types, budget}) -> value
 *   XqtRules.holds(tree, environment)   a condition: unknown does not hold
 *   XqtRules.passes(tree, environment)  a check: unknown passes
 *   XqtRules.canonical(value)           numbers as plain text
 */
(function (root) {
  "use strict";

  const {
    Big, ZERO, PLACES, has, own, isNumber, settle, number, plain, parseDate, ordinal, months,
    addDays, addMonths, idBirth, idGender, isObject, settled, rowsOf, canonical, equal, points, scalar, order,
  } = root.XqtValues;
  const MOST_SHIFT = 4000000;

  /* ---- operations on known values ---- */

  function arithmetic(step) {
    return function () {
      let total = number(arguments[0]);
      for (let index = 1; index < arguments.length; index += 1) {
        const value = number(arguments[index]);
        if (total === null || value === null) {
          return null;
        }
        total = step(total, value);
      }
      return total;
    };
  }

  function ordered(accepts) {
    return function (left, right) {
      const sign = order(left, right);
      return sign === null ? null : accepts(sign);
    };
  }

  function negated(value) {
    return typeof value === "boolean" ? !value : null;
  }

  function member(value, items) {
    if (value === null || Array.isArray(value) || !Array.isArray(items)) {
      return null;
    }
    return items.some((item) => equal(value, item) === true);
  }

  function contains(whole, part) {
    if (Array.isArray(whole)) {
      return member(part, whole);
    }
    return typeof whole === "string" && typeof part === "string" ? whole.indexOf(part) >= 0 : null;
  }

  function itemsOf(values) {
    let found = [];
    Array.prototype.forEach.call(values, function (value) {
      found = found.concat(Array.isArray(value) ? value : [value]);
    });
    return found.filter((item) => item !== null);
  }

  function filledNumbers(items) {
    return items.map(number).filter((value) => value !== null);
  }

  function add(left, right) {
    return settle(left.plus(right));
  }

  function divide(left, right) {
    return right.eq(ZERO) ? null : settle(left.div(right));
  }

  function sum() {
    return filledNumbers(itemsOf(arguments)).reduce((total, value) => total === null ? null : add(total, value), ZERO);
  }

  function average() {
    const numbers = filledNumbers(itemsOf(arguments));
    let total = sum(numbers);
    return numbers.length && total !== null ? divide(total, new Big(numbers.length)) : null;
  }

  function extreme(sign) {
    return function () {
      const items = itemsOf(arguments).filter(scalar);
      const numbers = filledNumbers(items);
      const pool = numbers.length ? numbers : items;
      return pool.length ? pool.reduce((best, item) => order(item, best) === sign ? item : best) : null;
    };
  }

  function whole(value) {
    return value !== null && value.round(0, 0).eq(value);
  }

  function round(value, places) {
    const amount = number(value);
    const digits = places === undefined ? ZERO : number(places);
    if (amount === null || !whole(digits) || digits.lt(ZERO) || digits.gt(PLACES)) {
      return null;
    }
    return settle(amount.round(Number(digits.toString()), 1));
  }

  function numeric(operate) {
    return function (value) {
      const amount = number(value);
      return amount === null ? null : operate(amount);
    };
  }

  function floor(value) {
    const cut = value.round(0, 0);
    return settle(cut.gt(value) ? cut.minus(1) : cut);
  }

  function length(value) {
    if (typeof value === "string") {
      return new Big(points(value).length);
    }
    return Array.isArray(value) ? new Big(value.length) : null;
  }

  function between(count) {
    return function (start, end) {
      const first = parseDate(start);
      const second = parseDate(end);
      return first && second ? new Big(count(first, second)) : null;
    };
  }

  function shifted(shift) {
    return function (start, amount) {
      const day = parseDate(start);
      const count = number(amount);
      if (!day || !whole(count) || count.abs().gt(MOST_SHIFT)) {
        return null;
      }
      return shift(day, Number(count.toString()));
    };
  }

  function part(index) {
    return function (value) {
      const day = parseDate(value);
      return day ? new Big(day[index]) : null;
    };
  }

  function text(value) {
    if (typeof value === "boolean") {
      return value ? "true" : "false";
    }
    if (isNumber(value)) {
      return plain(value);
    }
    return typeof value === "string" ? value : null;
  }

  function textual(operate) {
    return function (value) {
      return typeof value === "string" ? operate(value) : null;
    };
  }

  const OPERATIONS = {
    not: negated,
    "=": equal,
    "!=": (left, right) => negated(equal(left, right)),
    "<": ordered((sign) => sign < 0),
    "<=": ordered((sign) => sign <= 0),
    ">": ordered((sign) => sign > 0),
    ">=": ordered((sign) => sign >= 0),
    in: member,
    "+": arithmetic(add),
    "-": arithmetic((left, right) => settle(left.minus(right))),
    "*": arithmetic((left, right) => settle(left.times(right))),
    "/": arithmetic(divide),
    neg: numeric((value) => settle(ZERO.minus(value))),
    sum: sum,
    count: (value) => new Big(itemsOf([value]).length),
    avg: average,
    min: extreme(-1),
    max: extreme(1),
    any: (value) => itemsOf([value]).some((item) => item !== false),
    round: round,
    floor: numeric(floor),
    ceil: numeric((value) => settle(ZERO.minus(floor(ZERO.minus(value))))),
    abs: numeric((value) => settle(value.abs())),
    contains: contains,
    empty: (value) => value === null,
    filled: (value) => value !== null,
    len: length,
    days: between((first, second) => ordinal(second) - ordinal(first)),
    months: between(months),
    years: between((first, second) => Math.trunc(months(first, second) / 12)),
    year: part(0),
    month: part(1),
    add_days: shifted(addDays),
    add_months: shifted(addMonths),
    add_years: shifted((day, count) => addMonths(day, count * 12)),
    text: text,
    concat: function () { return Array.prototype.map.call(arguments, text).join("") || null; },
    upper: textual((value) => value.replace(/[a-z]/g, (letter) => letter.toUpperCase())),
    starts: (value, prefix) => typeof value === "string" && typeof prefix === "string" ? value.startsWith(prefix) : null,
    id_birth: textual(idBirth),
    id_gender: textual(idGender),
  };

  /* ---- one evaluation ---- */

  function Evaluation(environment) {
    this.env = environment;
    this.left = environment.budget === undefined ? 10000 : environment.budget;
    this.row = environment.row || null;
    this.table = environment.table || "";
    this.types = environment.types || {};
    this.strict = false;
  }

  Evaluation.prototype.spend = function (steps) {
    this.left -= steps;
    if (this.left < 0) {
      throw new RangeError("budget");
    }
  };

  Evaluation.prototype.value = function (node) {
    this.spend(1);
    if (node === null || typeof node !== "object") {
      return node === "" ? null : node;
    }
    const operator = Object.keys(node)[0];
    const operands = node[operator];
    if (has(SPECIAL, operator)) {
      return SPECIAL[operator](this, operands);
    }
    const self = this;
    return OPERATIONS[operator].apply(null, operands.map((operand) => self.value(operand)));
  };

  Evaluation.prototype.variable = function (path) {
    const dot = path.indexOf(".");
    const head = dot < 0 ? path : path.slice(0, dot);
    const rest = dot < 0 ? "" : path.slice(dot + 1);
    if (head.charAt(0) === "_") {
      return this.system(path);
    }
    if (rest && head === "parent") {
      return this.read(this.env.answers, rest, "");
    }
    if (rest && head === "previous") {
      return this.read(this.env.previous || {}, rest, "");
    }
    if (this.row && (this.strict || has(this.row, head) || has(this.types, this.table + "." + head))) {
      return this.read(this.row, path, this.table);
    }
    return this.read(this.env.answers, path, "");
  };

  Evaluation.prototype.system = function (path) {
    if (path === "_today") {
      return this.env.today || null;
    }
    const variables = this.env.variables || {};
    return settled(has(variables, path) ? variables[path] : own(variables, path.slice(1)), "");
  };

  Evaluation.prototype.read = function (container, path, prefix) {
    const dot = path.indexOf(".");
    const head = dot < 0 ? path : path.slice(0, dot);
    const qualified = prefix ? prefix + "." + head : head;
    const value = own(container, head);
    if (dot < 0) {
      return settled(value, own(this.types, qualified));
    }
    const rest = path.slice(dot + 1);
    const rows = rowsOf(value);
    if (rows === null) {
      return this.referenced(value, qualified, rest);
    }
    this.spend(rows.length);
    return this.column(rows, rest, qualified);
  };

  Evaluation.prototype.column = function (rows, path, table) {
    const self = this;
    const items = rows.map((row) => self.read(row, path, table)).filter((item) => item !== null);
    return items.length ? items : null;
  };

  Evaluation.prototype.referenced = function (value, path, name) {
    if (isObject(value) && (name === "id" || name === "label")) {
      return settled(value[name], "");
    }
    if (isObject(value) && !has(value, "id")) {
      return settled(own(value, name), "");
    }
    const id = settled(value, "");
    if (typeof id !== "string" || !this.env.reference) {
      return name === "id" ? id : null;
    }
    return settled(this.env.reference(path, id, name), "");
  };

  Evaluation.prototype.rows = function (node) {
    const path = node.var.indexOf("parent.") === 0 ? node.var.slice(7) : node.var;
    const dot = path.indexOf(".");
    const table = dot < 0 ? path : path.slice(0, dot);
    const rows = rowsOf(own(this.env.answers, table)) || [];
    this.spend(rows.length);
    return { table: table, column: dot < 0 ? "" : path.slice(dot + 1), rows: rows };
  };

  Evaluation.prototype.meets = function (row, table, condition) {
    const outer = [this.row, this.table, this.strict];
    this.row = row;
    this.table = table;
    this.strict = true;
    const result = this.value(condition) === true;
    this.row = outer[0];
    this.table = outer[1];
    this.strict = outer[2];
    return result;
  };

  function logic(evaluation, operands, decisive) {
    let unknown = false;
    for (let index = 0; index < operands.length; index += 1) {
      const value = evaluation.value(operands[index]);
      if (value === decisive) {
        return decisive;
      }
      unknown = unknown || typeof value !== "boolean";
    }
    return unknown ? null : !decisive;
  }

  const SPECIAL = {
    num: (evaluation, spelled) => number(spelled),
    list: function (evaluation, items) {
      const values = items.map((item) => evaluation.value(item)).filter((value) => value !== null);
      return values.length ? values : null;
    },
    var: (evaluation, path) => evaluation.variable(path),
    where: function (evaluation, operands) {
      const from = evaluation.rows(operands[0]);
      let found = from.rows.filter((row) => evaluation.meets(row, from.table, operands[1]));
      if (from.column) {
        return evaluation.column(found, from.column, from.table);
      }
      return found.length ? found : null;
    },
    all: function (evaluation, operands) {
      const node = operands[0];
      if (isObject(node) && has(node, "where")) {
        const from = evaluation.rows(node.where[0]);
        return from.rows.every((row) => evaluation.meets(row, from.table, node.where[1]));
      }
      return itemsOf([evaluation.value(node)]).every((item) => item === true);
    },
    and: (evaluation, operands) => logic(evaluation, operands, false),
    or: (evaluation, operands) => logic(evaluation, operands, true),
    if: function (evaluation, operands) {
      if (evaluation.value(operands[0]) === true) {
        return evaluation.value(operands[1]);
      }
      return operands.length > 2 ? evaluation.value(operands[2]) : null;
    },
    coalesce: function (evaluation, operands) {
      for (let index = 0; index < operands.length; index += 1) {
        const value = evaluation.value(operands[index]);
        if (value !== null) {
          return value;
        }
      }
      return null;
    },
  };

  function evaluate(tree, environment) {
    return new Evaluation(environment).value(tree);
  }

  root.XqtRules = {
    evaluate: evaluate,
    canonical: canonical,
    holds: (tree, environment) => evaluate(tree, environment) === true,
    passes: (tree, environment) => evaluate(tree, environment) !== false,
  };
})(window);
