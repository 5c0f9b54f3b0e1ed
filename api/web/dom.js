// Elements without markup: text is only ever text.

/** An element: h("a", {href: "/"}, "text", other). Attributes that are null or false are left out; on… are listeners. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Text for screen readers alone. */
export const unseen = (text) => h("span", { class: "unseen" }, text);

/** The dot in a problem's colour. */
export function dot(problem) {
  const element = h("span", { class: "dot", "aria-hidden": "true" });
  if (/^#[0-9a-f]{3,6}$/i.test(problem.rgb ?? "")) element.style.setProperty("--dot", problem.rgb);
  return element;
}

/** Milliseconds as h:mm:ss. */
export function clockText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

let said = 0;

/** Tell screen readers, politely. The same text twice is told twice. */
export function announce(text) {
  said += 1;
  document.getElementById("announcer").textContent = said % 2 ? text : `${text}\u00a0`;
}
