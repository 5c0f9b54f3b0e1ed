// A client of podium's live streams, for these pages and for anybody's: one file, no dependencies. docs/push.md has the
// protocol. It comes back by itself where it was, over Server-Sent Events or a WebSocket: whichever comes through.
//
//   scoreboardStream("/api", "wf47", { snapshot: draw, delta: change }, { said: (how) => console.log(how) });

const SILENT_MS = 40_000; // the server says something every 15 to 20 s
const HIDDEN_MS = 60_000; // a tab that nobody looks at needs no stream: browsers allow six connections a host
const LONGEST_MS = 30_000; // between two attempts
const MUTE = 2; // attempts at events without a message after which a WebSocket is tried; of that, one
const LET_IN = [1001, 1013]; // how a WebSocket ends where the server ends, or has no room: it came through

/** The scoreboard of a contest: `snapshot`, `delta`, `state`, `teams`, `clock`. */
export const scoreboardStream = (api, contest, handlers, options) =>
  new LiveStream(`${api}/contests/${encodeURIComponent(contest)}/scoreboard/stream`, handlers, options);

/** What is one's own: `snapshot`, `submission`, `judgement`, `clarification`, `progress`, `notice`, `state`, `removed`. */
export const notificationStream = (api, contest, handlers, options) =>
  new LiveStream(`${api}/contests/${encodeURIComponent(contest)}/notifications`, handlers, options);

export class LiveStream {
  /**
   * `handlers` by event name. Options: `said` is told "live" or "lost", or "refused" when the server would not have us;
   * `lastId`: the id of the last message that was had before, and `moved` is told each new one, to be kept for that;
   * `whole`: begin with a snapshot in any case; `background`: go on in a tab that nobody looks at, over a WebSocket if that
   * comes through, as it is none of the six connections.
   */
  constructor(path, handlers, { said = () => {}, moved = () => {}, lastId = "", whole = false, background = false } = {}) {
    Object.assign(this, { path, handlers, said, moved, lastId, whole, background });
    this.failures = 0;
    this.mute = 0;
    this.closed = false;
    this.socket = background || typeof EventSource === "undefined";
    this.onVisibility = () => this.visibility();
    globalThis.document?.addEventListener("visibilitychange", this.onVisibility);
    this.watch = setInterval(() => {
      if (!this.source || Date.now() - this.heard <= SILENT_MS) return;
      if (this.mute > 0) this.mute = MUTE; // silent from the start: something in between keeps it back
      this.again();
    }, 5000);
    this.open();
    this.visibility();
  }

  // ---- the connection

  open() {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.heard = Date.now();
    this.mute += 1;
    const query = new URLSearchParams();
    if (this.lastId) query.set("last_event_id", this.lastId);
    if (this.whole) query.set("whole", "true");
    const url = [...query].length > 0 ? `${this.path}?${query}` : this.path;
    if (this.socket) this.openSocket(url);
    else this.openEvents(url);
  }

  openEvents(url) {
    const source = (this.source = new EventSource(url));
    for (const name of new Set([...Object.keys(this.handlers), "clock", "reset"])) {
      source.addEventListener(name, (event) => this.message(name, event.lastEventId, JSON.parse(event.data)));
    }
    source.onerror = () => {
      if (this.source !== source) return;
      this.said("lost");
      if (source.readyState === EventSource.CLOSED) {
        this.again();
        this.said("refused");
      } else {
        this.mute += 1; // the browser tries again by itself
        if (this.mute > MUTE) this.again();
      }
    };
  }

  openSocket(url) {
    const absolute = new URL(url, globalThis.location?.href);
    absolute.protocol = absolute.protocol.replace("http", "ws");
    let source;
    try {
      source = new WebSocket(absolute);
    } catch {
      this.socket = false; // Safari before 15.4 takes them for another site's, which the page's policy forbids
      this.openEvents(url);
      return;
    }
    this.source = source;
    source.onmessage = ({ data }) => {
      if (this.source !== source) return;
      const found = JSON.parse(data);
      this.message(found.event, found.id, found.data);
    };
    source.onclose = ({ code }) => {
      if (this.source !== source) return;
      if (LET_IN.includes(code)) this.mute = 0;
      const refused = this.mute > 0; // closed before it said anything
      this.again();
      if (refused) this.said("refused");
    };
  }

  message(name, id, data) {
    this.heard = Date.now();
    this.failures = 0;
    this.mute = 0;
    if (name === "reset") {
      // what we have is of another board: all of it anew, but not everybody at once
      this.stop();
      this.lastId = "";
      this.timer = setTimeout(() => this.open(), Math.random() * data.within_ms);
      return;
    }
    if (this.socket) this.worked = true;
    else if (this.worked) {
      // WebSockets came through before: it was the server that was away
      this.worked = false;
      this.socket = true;
      this.stop();
      this.open();
      return;
    }
    this.said("live");
    this.handlers[name]?.(data);
    if (name === "snapshot") this.whole = false;
    if (id && id !== this.lastId) {
      this.lastId = id;
      this.moved(id);
    }
  }

  stop() {
    const { source } = this;
    this.source = null;
    source?.close();
    clearTimeout(this.timer);
  }

  /** Connect again after a pause that grows, and that is another one for everybody. */
  again() {
    this.said("lost");
    this.stop();
    if (this.mute >= (this.socket ? 1 : MUTE) && typeof EventSource !== "undefined") {
      this.socket = !this.socket;
      this.mute = 0;
    }
    const wait = Math.min(LONGEST_MS, 2000 * 2 ** this.failures) * (0.5 + Math.random());
    this.failures += 1;
    this.timer = setTimeout(() => this.open(), wait);
  }

  // ---- what its owner does

  /** All of it anew. */
  afresh() {
    this.lastId = "";
    this.stop();
    this.open();
  }

  visibility() {
    clearTimeout(this.hiding);
    if (globalThis.document?.hidden && !this.background) this.hiding = setTimeout(() => this.stop(), HIDDEN_MS);
    else if (!globalThis.document?.hidden && !this.source) this.open();
  }

  close() {
    this.closed = true;
    this.stop();
    clearInterval(this.watch);
    clearTimeout(this.hiding);
    globalThis.document?.removeEventListener("visibilitychange", this.onVisibility);
  }
}
