/* Preact, hooks and htm, which come as plain scripts; texts, which the page brings; small parts that all views use. */

const { h, render, Component, Fragment } = window.preact;
const { useEffect, useLayoutEffect, useRef, useState } = window.preactHooks;
const html = window.htm.bind(h);

export { Component, Fragment, html, render, useEffect, useLayoutEffect, useRef, useState };

let texts = {};
let sprite = "";

export function prepare(page) {
  texts = page.texts;
  sprite = page.sprite;
}

/* The text *key* in the page's language, {x} filled in. */
export function t(key, values) {
  const text = texts[key];
  if (text === undefined) {
    throw new Error(`no text ${key}`);
  }
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name])) : text;
}

export function has(key) {
  return texts[key] !== undefined;
}

export function Icon({ name }) {
  return html`<svg class="icon" aria-hidden="true" focusable="false"><use href=${`${sprite}#${name}`}></use></svg>`;
}

/* A view that is drawn again only when one of its properties is another. */
export function memo(view) {
  return class Memo extends Component {
    shouldComponentUpdate(next) {
      const keys = Object.keys(next);
      return keys.length !== Object.keys(this.props).length || keys.some((key) => next[key] !== this.props[key]);
    }

    render(props) {
      return h(view, props);
    }
  };
}

/* A promise that is kept once nothing is pressed or dragged: what then moves the page moves nothing from under the pointer. */
export function released() {
  return new Promise((resolve) => window.XqtPressing.after(resolve));
}

let count = 0;

/* An id that no other part of the page has. */
export function useId(prefix) {
  const id = useRef(null);
  if (id.current === null) {
    count += 1;
    id.current = `${prefix}-${count}`;
  }
  return id.current;
}
