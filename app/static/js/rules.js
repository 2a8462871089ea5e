/* Evaluates expression trees in the browser exactly as forms/expressions does on the server.
 *
 * Numbers are Big (big.js) with 12 places, half up; everything else is null, boolean, string or array. The server
 * decides; this copy shows and hides fields and fills computed ones while somebody types.
 *
 *   XqtRules.evaluate(tree, {answers, row, table, today, variables, reference, previous, types, budget}) -> value
 *   XqtRules.holds(tree, environment)   a condition: unknown does not hold
 *   XqtRules.passes(tree, environment)  a check: unknown passes
 *   XqtRules.canonical(value)           numbers as plain text
 */
(function (root) {
  "use strict";

  var Big = root.Big;
  Big.DP = 60;
  Big.RM = 1;
  Big.NE = -1000;
  Big.PE = 1000;

  var PLACES = 12;
  var LIMIT = new Big("1" + "0".repeat(30));
  var ZERO = new Big(0);
  var NUMERIC_TYPES = { integer: 1, decimal: 1, money: 1, percent: 1, rating: 1 };
  var NUMERIC_TEXT = /^-?[0-9]{1,40}(\.[0-9]{1,40})?$/;
  var DATE = /^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:[T ][\s\S]*)?)?)?$/;
  var MOST_SHIFT = 4000000;

  function has(object, key) {
    return Object.prototype.hasOwnProperty.call(object, key);
  }

  function own(object, key) {
    return object && has(object, key) ? object[key] : undefined;
  }

  /* ---- numbers ---- */

  function isNumber(value) {
    return value instanceof Big;
  }

  function settle(value) {
    if (value.abs().gte(LIMIT)) {
      return null;
    }
    var settled = value.round(PLACES, 1);
    return settled.eq(ZERO) ? ZERO : settled;
  }

  function number(value) {
    if (isNumber(value)) {
      return value;
    }
    if (typeof value === "number" && isFinite(value)) {
      return settle(new Big(String(value)));
    }
    if (typeof value === "string" && NUMERIC_TEXT.test(value)) {
      return settle(new Big(value));
    }
    return null;
  }

  function plain(value) {
    return value.eq(ZERO) ? "0" : value.toFixed();
  }

  /* ---- dates: [year, month, day] ---- */

  function leap(year) {
    return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  }

  function monthLength(year, month) {
    return [31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  }

  function parseDate(value) {
    var match = typeof value === "string" ? DATE.exec(value) : null;
    if (!match) {
      return null;
    }
    var year = Number(match[1]);
    var month = Number(match[2] || 1);
    var day = Number(match[3] || 1);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > monthLength(year, month)) {
      return null;
    }
    return [year, month, day];
  }

  function pad(value, width) {
    return ("0000" + value).slice(-width);
  }

  function iso(date) {
    return pad(date[0], 4) + "-" + pad(date[1], 2) + "-" + pad(date[2], 2);
  }

  function ordinal(date) {
    var before = date[0] - 1;
    var days = before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
    for (var month = 1; month < date[1]; month += 1) {
      days += monthLength(date[0], month);
    }
    return days + date[2];
  }

  function fromOrdinal(days) {
    if (days < 1 || days > 3652059) {
      return null;
    }
    var year = Math.min(9999, Math.floor(days / 365.2425) + 1);
    while (ordinal([year, 1, 1]) > days) {
      year -= 1;
    }
    while (year < 9999 && ordinal([year + 1, 1, 1]) <= days) {
      year += 1;
    }
    var left = days - ordinal([year, 1, 1]);
    var month = 1;
    while (left >= monthLength(year, month)) {
      left -= monthLength(year, month);
      month += 1;
    }
    return [year, month, left + 1];
  }

  function before(first, second) {
    return ordinal(first) < ordinal(second);
  }

  function months(start, end) {
    if (before(end, start)) {
      return -months(end, start);
    }
    return (end[0] - start[0]) * 12 + end[1] - start[1] - (end[2] < start[2] ? 1 : 0);
  }

  function addDays(start, count) {
    var date = fromOrdinal(ordinal(start) + count);
    return date ? iso(date) : null;
  }

  function addMonths(start, count) {
    var total = start[0] * 12 + start[1] - 1 + count;
    var year = Math.floor(total / 12);
    var month = total - year * 12 + 1;
    if (year < 1 || year > 9999) {
      return null;
    }
    return iso([year, month, Math.min(start[2], monthLength(year, month))]);
  }

  function idBirth(text) {
    var digits;
    if (/^[0-9]{17}[0-9Xx]$/.test(text) && text.length === 18) {
      digits = text.slice(6, 14);
    } else if (/^[0-9]{15}$/.test(text) && text.length === 15) {
      digits = "19" + text.slice(6, 12);
    } else {
      return null;
    }
    var born = parseDate(digits.slice(0, 4) + "-" + digits.slice(4, 6) + "-" + digits.slice(6));
    return born ? iso(born) : null;
  }

  function idGender(text) {
    if (idBirth(text) === null) {
      return null;
    }
    return Number(text.charAt(text.length === 18 ? 16 : 14)) % 2 ? "1" : "2";
  }

  /* ---- values ---- */

  function isObject(value) {
    return value !== null && typeof value === "object" && !Array.isArray(value) && !isNumber(value);
  }

  function isRow(value) {
    return isObject(value) && !has(value, "id");
  }

  function settled(value, type) {
    if (value === null || value === undefined || value === "") {
      return null;
    }
    if (typeof value === "boolean") {
      return value;
    }
    if (typeof value === "string") {
      return has(NUMERIC_TYPES, type || "") ? number(value) : value;
    }
    if (typeof value === "number" || isNumber(value)) {
      return number(value);
    }
    if (Array.isArray(value)) {
      var items = [];
      value.forEach(function (item) {
        var one = isRow(item) ? item : settled(item, "");
        if (one !== null) {
          items.push(one);
        }
      });
      return items.length ? items : null;
    }
    return has(value, "id") && !isObject(value.id) ? settled(value.id, "") : null;
  }

  function rowsOf(value) {
    return Array.isArray(value) && value.length && value.every(isRow) ? value : null;
  }

  function canonical(value) {
    if (isNumber(value)) {
      return plain(value);
    }
    return Array.isArray(value) ? value.map(canonical) : value;
  }

  function equal(left, right) {
    if (left === null || right === null || (typeof left === "object" && !isNumber(left)) ||
        (typeof right === "object" && !isNumber(right))) {
      return null;
    }
    if (typeof left === "boolean" || typeof right === "boolean") {
      return left === right;
    }
    if (isNumber(left) || isNumber(right)) {
      var first = number(left);
      var second = number(right);
      return first !== null && second !== null && first.eq(second);
    }
    return left === right;
  }

  function points(text) {
    return Array.from(text);
  }

  function compareText(left, right) {
    var first = points(left);
    var second = points(right);
    for (var index = 0; index < Math.min(first.length, second.length); index += 1) {
      var difference = first[index].codePointAt(0) - second[index].codePointAt(0);
      if (difference) {
        return difference < 0 ? -1 : 1;
      }
    }
    return Math.sign(first.length - second.length);
  }

  function scalar(value) {
    return isNumber(value) || typeof value === "string";
  }

  function order(left, right) {
    if (!scalar(left) || !scalar(right)) {
      return null;
    }
    var first = number(left);
    var second = number(right);
    if (first !== null && second !== null) {
      return first.cmp(second);
    }
    return typeof left === "string" && typeof right === "string" ? compareText(left, right) : null;
  }

  /* ---- operations on known values ---- */

  function arithmetic(step) {
    return function () {
      var total = number(arguments[0]);
      for (var index = 1; index < arguments.length; index += 1) {
        var value = number(arguments[index]);
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
      var sign = order(left, right);
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
    return items.some(function (item) {
      return equal(value, item) === true;
    });
  }

  function contains(whole, part) {
    if (Array.isArray(whole)) {
      return member(part, whole);
    }
    return typeof whole === "string" && typeof part === "string" ? whole.indexOf(part) >= 0 : null;
  }

  function itemsOf(values) {
    var found = [];
    Array.prototype.forEach.call(values, function (value) {
      found = found.concat(Array.isArray(value) ? value : [value]);
    });
    return found.filter(function (item) {
      return item !== null;
    });
  }

  function filledNumbers(items) {
    return items.map(number).filter(function (value) {
      return value !== null;
    });
  }

  function add(left, right) {
    return settle(left.plus(right));
  }

  function divide(left, right) {
    return right.eq(ZERO) ? null : settle(left.div(right));
  }

  function sum() {
    return filledNumbers(itemsOf(arguments)).reduce(function (total, value) {
      return total === null ? null : add(total, value);
    }, ZERO);
  }

  function average() {
    var numbers = filledNumbers(itemsOf(arguments));
    var total = sum(numbers);
    return numbers.length && total !== null ? divide(total, new Big(numbers.length)) : null;
  }

  function extreme(sign) {
    return function () {
      var items = itemsOf(arguments).filter(scalar);
      var numbers = filledNumbers(items);
      var pool = numbers.length ? numbers : items;
      return pool.length ? pool.reduce(function (best, item) {
        return order(item, best) === sign ? item : best;
      }) : null;
    };
  }

  function whole(value) {
    return value !== null && value.round(0, 0).eq(value);
  }

  function round(value, places) {
    var amount = number(value);
    var digits = places === undefined ? ZERO : number(places);
    if (amount === null || !whole(digits) || digits.lt(ZERO) || digits.gt(PLACES)) {
      return null;
    }
    return settle(amount.round(Number(digits.toString()), 1));
  }

  function numeric(operate) {
    return function (value) {
      var amount = number(value);
      return amount === null ? null : operate(amount);
    };
  }

  function floor(value) {
    var cut = value.round(0, 0);
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
      var first = parseDate(start);
      var second = parseDate(end);
      return first && second ? new Big(count(first, second)) : null;
    };
  }

  function shifted(shift) {
    return function (start, amount) {
      var day = parseDate(start);
      var count = number(amount);
      if (!day || !whole(count) || count.abs().gt(MOST_SHIFT)) {
        return null;
      }
      return shift(day, Number(count.toString()));
    };
  }

  function part(index) {
    return function (value) {
      var day = parseDate(value);
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

  var OPERATIONS = {
    not: negated,
    "=": equal,
    "!=": function (left, right) { return negated(equal(left, right)); },
    "<": ordered(function (sign) { return sign < 0; }),
    "<=": ordered(function (sign) { return sign <= 0; }),
    ">": ordered(function (sign) { return sign > 0; }),
    ">=": ordered(function (sign) { return sign >= 0; }),
    in: member,
    "+": arithmetic(add),
    "-": arithmetic(function (left, right) { return settle(left.minus(right)); }),
    "*": arithmetic(function (left, right) { return settle(left.times(right)); }),
    "/": arithmetic(divide),
    neg: numeric(function (value) { return settle(ZERO.minus(value)); }),
    sum: sum,
    count: function (value) { return new Big(itemsOf([value]).length); },
    avg: average,
    min: extreme(-1),
    max: extreme(1),
    any: function (value) { return itemsOf([value]).some(function (item) { return item !== false; }); },
    round: round,
    floor: numeric(floor),
    ceil: numeric(function (value) { return settle(ZERO.minus(floor(ZERO.minus(value)))); }),
    abs: numeric(function (value) { return settle(value.abs()); }),
    contains: contains,
    empty: function (value) { return value === null; },
    filled: function (value) { return value !== null; },
    len: length,
    days: between(function (first, second) { return ordinal(second) - ordinal(first); }),
    months: between(months),
    years: between(function (first, second) { return Math.trunc(months(first, second) / 12); }),
    year: part(0),
    month: part(1),
    add_days: shifted(addDays),
    add_months: shifted(addMonths),
    add_years: shifted(function (day, count) { return addMonths(day, count * 12); }),
    text: text,
    concat: function () { return Array.prototype.map.call(arguments, text).join("") || null; },
    upper: textual(function (value) {
      return value.replace(/[a-z]/g, function (letter) { return letter.toUpperCase(); });
    }),
    starts: function (value, prefix) {
      return typeof value === "string" && typeof prefix === "string" ? value.startsWith(prefix) : null;
    },
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
    var operator = Object.keys(node)[0];
    var operands = node[operator];
    if (has(SPECIAL, operator)) {
      return SPECIAL[operator](this, operands);
    }
    var self = this;
    return OPERATIONS[operator].apply(null, operands.map(function (operand) {
      return self.value(operand);
    }));
  };

  Evaluation.prototype.variable = function (path) {
    var dot = path.indexOf(".");
    var head = dot < 0 ? path : path.slice(0, dot);
    var rest = dot < 0 ? "" : path.slice(dot + 1);
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
    var variables = this.env.variables || {};
    return settled(has(variables, path) ? variables[path] : own(variables, path.slice(1)), "");
  };

  Evaluation.prototype.read = function (container, path, prefix) {
    var dot = path.indexOf(".");
    var head = dot < 0 ? path : path.slice(0, dot);
    var qualified = prefix ? prefix + "." + head : head;
    var value = own(container, head);
    if (dot < 0) {
      return settled(value, own(this.types, qualified));
    }
    var rest = path.slice(dot + 1);
    var rows = rowsOf(value);
    if (rows === null) {
      return this.referenced(value, qualified, rest);
    }
    this.spend(rows.length);
    return this.column(rows, rest, qualified);
  };

  Evaluation.prototype.column = function (rows, path, table) {
    var self = this;
    var items = rows.map(function (row) {
      return self.read(row, path, table);
    }).filter(function (item) {
      return item !== null;
    });
    return items.length ? items : null;
  };

  Evaluation.prototype.referenced = function (value, path, name) {
    if (isObject(value) && (name === "id" || name === "label")) {
      return settled(value[name], "");
    }
    var id = settled(value, "");
    if (typeof id !== "string" || !this.env.reference) {
      return name === "id" ? id : null;
    }
    return settled(this.env.reference(path, id, name), "");
  };

  Evaluation.prototype.rows = function (node) {
    var path = node.var.indexOf("parent.") === 0 ? node.var.slice(7) : node.var;
    var dot = path.indexOf(".");
    var table = dot < 0 ? path : path.slice(0, dot);
    var rows = rowsOf(own(this.env.answers, table)) || [];
    this.spend(rows.length);
    return { table: table, column: dot < 0 ? "" : path.slice(dot + 1), rows: rows };
  };

  Evaluation.prototype.meets = function (row, table, condition) {
    var outer = [this.row, this.table, this.strict];
    this.row = row;
    this.table = table;
    this.strict = true;
    var result = this.value(condition) === true;
    this.row = outer[0];
    this.table = outer[1];
    this.strict = outer[2];
    return result;
  };

  function logic(evaluation, operands, decisive) {
    var unknown = false;
    for (var index = 0; index < operands.length; index += 1) {
      var value = evaluation.value(operands[index]);
      if (value === decisive) {
        return decisive;
      }
      unknown = unknown || typeof value !== "boolean";
    }
    return unknown ? null : !decisive;
  }

  var SPECIAL = {
    num: function (evaluation, spelled) {
      return number(spelled);
    },
    list: function (evaluation, items) {
      var values = items.map(function (item) {
        return evaluation.value(item);
      }).filter(function (value) {
        return value !== null;
      });
      return values.length ? values : null;
    },
    var: function (evaluation, path) {
      return evaluation.variable(path);
    },
    where: function (evaluation, operands) {
      var from = evaluation.rows(operands[0]);
      var found = from.rows.filter(function (row) {
        return evaluation.meets(row, from.table, operands[1]);
      });
      if (from.column) {
        return evaluation.column(found, from.column, from.table);
      }
      return found.length ? found : null;
    },
    all: function (evaluation, operands) {
      var node = operands[0];
      if (isObject(node) && has(node, "where")) {
        var from = evaluation.rows(node.where[0]);
        return from.rows.every(function (row) {
          return evaluation.meets(row, from.table, node.where[1]);
        });
      }
      return itemsOf([evaluation.value(node)]).every(function (item) {
        return item === true;
      });
    },
    and: function (evaluation, operands) {
      return logic(evaluation, operands, false);
    },
    or: function (evaluation, operands) {
      return logic(evaluation, operands, true);
    },
    if: function (evaluation, operands) {
      if (evaluation.value(operands[0]) === true) {
        return evaluation.value(operands[1]);
      }
      return operands.length > 2 ? evaluation.value(operands[2]) : null;
    },
    coalesce: function (evaluation, operands) {
      for (var index = 0; index < operands.length; index += 1) {
        var value = evaluation.value(operands[index]);
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
    number: number,
    holds: function (tree, environment) {
      return evaluate(tree, environment) === true;
    },
    passes: function (tree, environment) {
      return evaluate(tree, environment) !== false;
    },
  };
})(window);
