// Requests to the API; what it refuses is an error with the API's own sentence.

export class Refused extends Error {
  /** `after`: how many ms the server would have us wait before we ask again. */
  constructor(status, message, after) {
    super(message);
    this.status = status;
    this.after = after;
  }
}

async function answer(response) {
  if (response.status === 204) return null;
  const kind = response.headers.get("content-type") ?? "";
  const body = kind.startsWith("application/json") ? await response.json() : await response.text();
  if (response.ok) return body;
  const after = 1000 * (Number(response.headers.get("retry-after")) || 0);
  throw new Refused(response.status, body.message ?? `the server answered ${response.status}`, after);
}

/** GET, POST or DELETE; data is sent as JSON unless it is a form. Throws Refused, or TypeError without a connection. */
export async function request(method, path, data = null, headers = {}) {
  const options = { method, headers: { ...headers }, credentials: "same-origin" };
  if (data instanceof FormData) options.body = data;
  else if (data !== null) {
    options.body = JSON.stringify(data);
    options.headers["Content-Type"] = "application/json";
  }
  return answer(await fetch(path, options));
}

export const get = (path) => request("GET", path);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const pauseOf = (attempt, most) => Math.min(most, 500 * 2 ** attempt) * (0.75 + Math.random() / 2);

/**
 * What `load` gives: tried again and again while the server, or a part of it, is away; `waiting` is told why. Undefined
 * once the page is left. Throws what is refused for good.
 */
export async function insist(load, page, waiting) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const found = await load();
      return page.closed ? undefined : found;
    } catch (error) {
      if (page.closed) return undefined;
      if (error instanceof Refused && error.status !== 429 && error.status < 500) throw error;
      waiting(error);
      await pause(Math.max(error.after ?? 0, pauseOf(attempt, 15_000)));
    }
  }
}

/**
 * POST a form with an idempotency key, again and again while it is not known whether it arrived: the key makes it one
 * submission. `waiting` is told why it takes longer.
 */
export async function postOnce(path, form, key, waiting) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await request("POST", path, form, { "Idempotency-Key": key });
    } catch (error) {
      const unknown = !(error instanceof Refused) || error.status === 503 || error.status === 502 || error.status === 504;
      if (!unknown || attempt >= 6) throw error;
      waiting("The server does not answer. Your submission is sent again; it counts once, with its first time.");
      await pause(pauseOf(attempt, 8000));
    }
  }
}

/** A key that nobody else has. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
