// Order and ranks out of sort keys: the server made them, nothing is computed here.

function compareKeys(a, b) {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    if ((a[i] ?? -Infinity) !== (b[i] ?? -Infinity)) return (a[i] ?? -Infinity) < (b[i] ?? -Infinity) ? -1 : 1;
  }
  return 0;
}

/** By code points, as the server compares. */
function compareText(a, b) {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i += 1) {
    if (x[i] !== y[i]) return x[i].codePointAt(0) < y[i].codePointAt(0) ? -1 : 1;
  }
  return x.length - y.length;
}

/** The rows in the board's order as [rank or null, row]: equal sort keys share a rank. */
export function ranked(rows) {
  const ordered = [...rows].sort((a, b) => compareKeys(a.sort_key, b.sort_key) || compareText(a.tie_key, b.tie_key));
  let place = 0;
  let rank = 0;
  let key = null;
  return ordered.map((row) => {
    if (!row.ranked) return [null, row];
    place += 1;
    if (key === null || compareKeys(key, row.sort_key) !== 0) [key, rank] = [row.sort_key, place];
    return [rank, row];
  });
}
