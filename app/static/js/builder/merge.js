/* Three-way merge of definitions by key: what two people changed since the same state.
 *
 * merge(base, mine, theirs, choose) returns {definition, conflicts}. Attributes are compared one by one; a conflict is
 * an attribute that both changed differently: {path, name, mine, theirs}. *choose(conflict)* says "mine" or "theirs".
 * Orders never conflict: theirs holds, with what I added or moved put behind the neighbour that it has with me.
 */

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

export function equal(one, other) {
  if (one === other) {
    return true;
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => equal(item, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    const keys = Object.keys(one);
    return keys.length === Object.keys(other).length && keys.every((key) => key in other && equal(one[key], other[key]));
  }
  return false;
}

/* A definition taken apart: attributes of form, sections, fields and columns by path, and which stands where. */
function apart(definition) {
  const attributes = new Map();
  const owners = new Map();
  const orders = new Map();
  const take = (path, item, inner) => {
    const own = Object.assign({}, item);
    delete own[inner];
    attributes.set(path, own);
  };
  take("", definition, "sections");
  orders.set("", (definition.sections || []).map((section, index) => sectionPath(section, index)));
  (definition.sections || []).forEach((section, index) => {
    const path = sectionPath(section, index);
    take(path, section, "fields");
    orders.set(path, (section.fields || []).map((field) => field.key));
    (section.fields || []).forEach((field) => {
      owners.set(field.key, path);
      take(field.key, field, "fields");
      if (field.fields) {
        orders.set(field.key, field.fields.map((column) => `${field.key}.${column.key}`));
        field.fields.forEach((column) => {
          owners.set(`${field.key}.${column.key}`, field.key);
          attributes.set(`${field.key}.${column.key}`, column);
        });
      }
    });
  });
  return { attributes, owners, orders };
}

function sectionPath(section, index) {
  return `#${section.key || index}`;
}

function hasTwins(definition) {
  const seen = new Set();
  let twins = false;
  const see = (path) => {
    twins = twins || seen.has(path);
    seen.add(path);
  };
  (definition.sections || []).forEach((section, index) => {
    see(sectionPath(section, index));
    (section.fields || []).forEach((field) => {
      see(field.key);
      (field.fields || []).forEach((column) => see(`${field.key}.${column.key}`));
    });
  });
  return twins;
}

/* Theirs, with mine put in behind what stands before it with me. */
function ordered(base, mine, theirs, keep) {
  const moved = new Set(mine.filter((key) => base.indexOf(key) < 0));
  const common = mine.filter((key) => base.indexOf(key) >= 0);
  const before = base.filter((key) => common.indexOf(key) >= 0);
  if (!equal(common, before)) {
    common.forEach((key, index) => {
      if (before[index] !== key) {
        moved.add(key);
      }
    });
  }
  const found = theirs.filter((key) => keep(key) && !moved.has(key));
  mine.forEach((key, index) => {
    if (!moved.has(key) || !keep(key) || found.indexOf(key) >= 0) {
      return;
    }
    let place = 0;
    for (let back = index - 1; back >= 0; back -= 1) {
      if (found.indexOf(mine[back]) >= 0) {
        place = found.indexOf(mine[back]) + 1;
        break;
      }
    }
    found.splice(place, 0, key);
  });
  return found;
}

export function merge(base, mine, theirs, choose) {
  if (equal(base, theirs)) {
    return { definition: mine, conflicts: [] };
  }
  if (equal(base, mine)) {
    return { definition: theirs, conflicts: [] };
  }
  const conflicts = [];
  const settle = (path, name, left, right) => {
    const conflict = { path, name, mine: left === undefined ? null : left, theirs: right === undefined ? null : right };
    conflicts.push(conflict);
    return (choose ? choose(conflict) : "mine") === "mine" ? left : right;
  };
  if ([base, mine, theirs].some(hasTwins)) {
    // What has one key twice cannot be matched by key: one whole or the other.
    return { definition: settle("", "*", mine, theirs), conflicts };
  }
  const [old, ours, others] = [apart(base), apart(mine), apart(theirs)];
  const attributes = new Map();
  new Set([...ours.attributes.keys(), ...others.attributes.keys()]).forEach((path) => {
    const [was, left, right] = [old.attributes.get(path), ours.attributes.get(path), others.attributes.get(path)];
    if (left === undefined || right === undefined) {
      // Gone on one side: it stays gone unless the other side has changed it since.
      const kept = left === undefined ? right : left;
      const gone = was !== undefined && equal(was, kept) ? undefined : kept;
      const found = was === undefined ? kept : gone === undefined ? undefined : settle(path, null, left, right);
      if (found !== undefined) {
        attributes.set(path, found);
      }
      return;
    }
    attributes.set(path, joined(path, was || {}, left, right, settle));
  });
  return { definition: together(attributes, places(old, ours, others, attributes)), conflicts };
}

function joined(path, was, left, right, settle) {
  const found = {};
  new Set([...Object.keys(left), ...Object.keys(right)]).forEach((name) => {
    const [before, mine, theirs] = [was[name], left[name], right[name]];
    const value = equal(mine, theirs) || equal(before, theirs) ? mine : equal(before, mine) ? theirs : settle(path, name, mine, theirs);
    if (value !== undefined) {
      found[name] = value;
    }
  });
  return equal(found, left) ? left : found;
}

/* Which stands where: who changed a field's section decides, else theirs; then the order of each. */
function places(old, ours, others, attributes) {
  const owner = (path) => {
    const [was, left, right] = [old.owners.get(path), ours.owners.get(path), others.owners.get(path)];
    const wanted = left !== undefined && left !== was ? left : right !== undefined ? right : left;
    return attributes.has(wanted) ? wanted : attributes.has(left) ? left : right;
  };
  const orders = new Map();
  const list = (part, holder) => part.orders.get(holder) || [];
  [...attributes.keys()].forEach((holder) => {
    const here = (path) => attributes.has(path) && (holder === "" ? path[0] === "#" : path[0] !== "#" && owner(path) === holder);
    orders.set(holder, ordered(list(old, holder), list(ours, holder), list(others, holder), here));
  });
  [...attributes.keys()].forEach((path) => {
    // A field whose section the other has taken away goes into the first that is left.
    const first = [...attributes.keys()].find((one) => one[0] === "#");
    const home = path === "" ? null : path[0] === "#" ? "" : owner(path) || (path.indexOf(".") < 0 ? first : undefined);
    if (home !== null && orders.has(home) && orders.get(home).indexOf(path) < 0) {
      orders.get(home).push(path);
    }
  });
  return orders;
}

function together(attributes, orders) {
  const build = (path, inner) => {
    const item = Object.assign({}, attributes.get(path));
    const below = orders.get(path) || [];
    if (inner === "sections" || path[0] === "#" || below.length || item.type === "subtable") {
      item[inner] = below.map((key) => build(key, "fields"));
    }
    return item;
  };
  return build("", "sections");
}
