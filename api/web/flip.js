// Rows that glide: remember where they were, let them be where they are, and animate the difference.

const still = matchMedia("(prefers-reduced-motion: reduce)");
const GLIDE_MS = 700;

/** Run `change`, which moves rows of the table's body, and let them glide to their new places. */
export function gliding(body, change) {
  if (still.matches || document.hidden) {
    change();
    return;
  }
  const before = new Map(Array.from(body.rows, (row) => [row, row.offsetTop]));
  change();
  const moved = [];
  for (const row of body.rows) {
    const from = before.get(row);
    if (from !== undefined && from !== row.offsetTop) moved.push([row, from - row.offsetTop]);
  }
  for (const [row, by] of moved) {
    row.classList.toggle("rising", by > 0);
    const glide = row.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], {
      duration: GLIDE_MS,
      easing: "cubic-bezier(.2, .7, .2, 1)",
    });
    glide.onfinish = () => row.classList.remove("rising");
  }
}
