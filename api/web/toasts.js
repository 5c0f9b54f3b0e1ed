// Notifications on the page, and the browser's own where the person allows them.

import { h } from "./dom.js";

const VERDICT_MS = 20_000; // a verdict stands on the page anyway; what the jury says stays until it is dismissed
const MOST = 6; // on a small screen no more fit

export class Toasts {
  /** `place` is a live region that is there from the start; `button` asks for the browser's leave. */
  constructor(place, button) {
    this.place = place;
    this.button = button;
    button.addEventListener("click", () => this.ask());
    place.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.dismiss(event.target.closest(".toast"));
    });
  }

  /** `thing` names what is told: of several tabs that tell the same the browser shows one notification. */
  show(kind, title, text, thing) {
    const close = h("button", { type: "button", "aria-label": `Dismiss: ${title}` }, "×");
    const toast = h("article", { class: `toast ${kind}` }, h("b", {}, title), text && h("p", {}, text), close);
    close.addEventListener("click", () => this.dismiss(toast));
    this.place.append(toast);
    if (this.place.childElementCount > MOST) (this.place.querySelector(".toast:not(.message)") ?? this.place.firstElementChild).remove();
    if (kind !== "message") this.expire(toast);
    if (document.hidden && globalThis.Notification?.permission === "granted") this.notify(title, text, thing);
  }

  notify(title, body, tag) {
    try {
      const shown = new Notification(title, { body, tag });
      shown.onclick = () => {
        window.focus();
        shown.close();
      };
    } catch {
      // Chrome on Android lets no page make one: the toast is there
    }
  }

  /** Take it away after a while, but not from before somebody's eyes. */
  expire(toast) {
    setTimeout(() => {
      if (document.hidden || toast.matches(":hover, :focus-within")) this.expire(toast);
      else toast.remove();
    }, VERDICT_MS);
  }

  dismiss(toast) {
    const next = toast?.nextElementSibling ?? toast?.previousElementSibling;
    const focused = toast?.contains(document.activeElement);
    toast?.remove();
    if (focused) (next?.querySelector("button") ?? document.getElementById("main")).focus({ preventScroll: true });
  }

  clear() {
    this.place.replaceChildren();
  }

  // ---- the browser's own

  /** Show the button where there is somebody to be notified, and the browser has not been asked. */
  offer(wanted) {
    this.wanted = wanted;
    this.button.hidden = !wanted || globalThis.Notification?.permission !== "default";
  }

  async ask() {
    await Notification.requestPermission();
    this.offer(this.wanted);
  }
}
