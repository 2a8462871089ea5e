/* Our own dialogs: the browser's modal element keeps the focus inside; closed, it gives the focus back. */
import { Icon, html, t, useId, useLayoutEffect, useRef } from "./ui.js";

export function Modal({ title, wide, onClose, children, actions }) {
  const box = useRef(null);
  const id = useId("dialog");
  // As it is drawn, not a frame later: the next key is meant for it already.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const element = box.current;
    element.showModal();
    const first = element.querySelector("[data-first]");
    if (first) {
      first.focus();
    }
    return () => {
      element.close();
      if (before && document.contains(before)) {
        before.focus();
      }
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog class=${`canvas-dialog${wide ? " canvas-dialog--wide" : ""}`} ref=${box} aria-labelledby=${id} onCancel=${cancel}>
    <div class="dialog-head"><h2 class="plain" id=${id}>${title}</h2><button type="button" class="card-tool" aria-label=${t("close")} onClick=${onClose}><${Icon} name="x-lg" /></button></div>
    <div class="dialog-body">${children}</div>
    ${actions ? html`<div class="dialog-foot">${actions}</div>` : null}
  </dialog>`;
}
