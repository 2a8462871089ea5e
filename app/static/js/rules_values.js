/* Values of rules in the browser: exact numbers (big.js), dates as ISO text, comparison. Mirrors decimals.py, dates.py
 * and values.py of forms/expressions; rules.js builds on it.
 */
(function (root) {
  "use strict";

  const Big = root.Big;
  Big.DP = 60;
  Big.RM = 1;
  Big.NE = -1000;
  Big.PE = 1000;

  const PLACES = 12;
  const LIMIT = new Big("1" + "0".repeat(30));
  const ZERO = new Big(0);
  const NUMERIC_TYPES = { integer: 1, decimal: 1, money: 1, percent: 1, rating: 1 };
  const NUMERIC_TEXT = /^-?[0-9]{1,40}(\.[0-9]{1,40})?$/;
  const DATE = /^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:[T ][\s\S]*)?)?)?$/;

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
    const settled = value.round(PLACES, 1);
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
    const match = typeof value === "string" ? DATE.exec(value) : null;
    if (!match) {
      return null;
    }
    let year = Number(match[1]);
    let month = Number(match[2] || 1);
    const day = Number(match[3] || 1);
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
    const before = date[0] - 1;
    let days = before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
    for (let month = 1; month < date[1]; month += 1) {
      days += monthLength(date[0], month);
    }
    return days + date[2];
  }

  function fromOrdinal(days) {
    if (days < 1 || days > 3652059) {
      return null;
    }
    let year = Math.min(9999, Math.floor(days / 365.2425) + 1);
    while (ordinal([year, 1, 1]) > days) {
      year -= 1;
    }
    while (year < 9999 && ordinal([year + 1, 1, 1]) <= days) {
      year += 1;
    }
    let left = days - ordinal([year, 1, 1]);
    let month = 1;
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
    const date = fromOrdinal(ordinal(start) + count);
    return date ? iso(date) : null;
  }

  function addMonths(start, count) {
    const total = start[0] * 12 + start[1] - 1 + count;
    let year = Math.floor(total / 12);
    let month = total - year * 12 + 1;
    if (year < 1 || year > 9999) {
      return null;
    }
    return iso([year, month, Math.min(start[2], monthLength(year, month))]);
  }

  function idBirth(text) {
    let digits;
    if (/^[0-9]{17}[0-9Xx]$/.test(text) && text.length === 18) {
      digits = text.slice(6, 14);
    } else if (/^[0-9]{15}$/.test(text) && text.length === 15) {
      digits = "19" + text.slice(6, 12);
    } else {
      return null;
    }
    const born = parseDate(digits.slice(0, 4) + "-" + digits.slice(4, 6) + "-" + digits.slice(6));
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
      const items = [];
      value.forEach(function (item) {
        const one = isRow(item) ? item : settled(item, "");
        if (one !== null) {
          items.push(one);
        }
      });
      return items.length ? items : null;
    }
    if (!has(value, "id")) {
      /* An answer of several parts is the list of them, by key. */
      return settled(Object.keys(value).sort().map((key) => value[key]), "");
    }
    return isObject(value.id) ? null : settled(value.id, "");
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
      const first = number(left);
      const second = number(right);
      return first !== null && second !== null && first.eq(second);
    }
    return left === right;
  }

  function points(text) {
    return Array.from(text);
  }

  function compareText(left, right) {
    const first = points(left);
    const second = points(right);
    for (let index = 0; index < Math.min(first.length, second.length); index += 1) {
      const difference = first[index].codePointAt(0) - second[index].codePointAt(0);
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
    const first = number(left);
    const second = number(right);
    if (first !== null && second !== null) {
      return first.cmp(second);
    }
    return typeof left === "string" && typeof right === "string" ? compareText(left, right) : null;
  }

  root.XqtValues = {
    Big: Big,
    ZERO: ZERO,
    PLACES: PLACES,
    has: has,
    own: own,
    isNumber: isNumber,
    settle: settle,
    number: number,
    plain: plain,
    parseDate: parseDate,
    ordinal: ordinal,
    months: months,
    addDays: addDays,
    addMonths: addMonths,
    idBirth: idBirth,
    idGender: idGender,
    isObject: isObject,
    settled: settled,
    rowsOf: rowsOf,
    canonical: canonical,
    equal: equal,
    points: points,
    scalar: scalar,
    order: order,
  };
})(window);
