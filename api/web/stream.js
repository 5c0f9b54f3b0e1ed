// A stream of Server-Sent Events that comes back by itself, and says how it is.

const SILENT_MS = 40_000; // the server says something every 15 s
const HIDDEN_MS = 60_000; // a tab that nobody looks at needs no stream: browsers allow six connections a host

export class Stream {
  /** `handlers` by event name; `said` is told "live" or "lost", or "refused" when the server would not have us. */
  constructor(path, handlers, said) {
    this.path = path;
    this.handlers = handlers;
    this.said = said;
    this.lastId = "";
    this.failures = 0;
    this.closed = false;
    this.onVisibility = () => this.visibility();
    document.addEventListener("visibilitychange", this.onVisibility);
    this.watch = setInterval(() => {
      if (this.source && Date.now() - this.heard > SILENT_MS) this.again();
    }, 5000);
    this.open();
  }

  open() {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.heard = Date.now();
    const query = this.lastId ? `?last_event_id=${encodeURIComponent(this.lastId)}` : "";
    const source = (this.source = new EventSource(this.path + query));
    for (const [name, handle] of Object.entries(this.handlers)) {
      source.addEventListener(name, (event) => {
        this.alive(event);
        handle(JSON.parse(event.data));
      });
    }
    source.addEventListener("clock", (event) => this.alive(event));
    source.addEventListener("reset", (event) => {
      // what we have is of another board: all of it anew, but not everybody at once
      this.stop();
      this.lastId = "";
      this.timer = setTimeout(() => this.open(), Math.random() * JSON.parse(event.data).within_ms);
    });
    source.onerror = () => {
      this.said("lost");
      if (source.readyState !== EventSource.CLOSED || this.source !== source) return;
      this.again();
      this.said("refused");
    };
  }

  alive(event) {
    this.heard = Date.now();
    this.failures = 0;
    if (event.lastEventId) this.lastId = event.lastEventId;
    this.said("live");
  }

  stop() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.timer);
  }

  /** Connect again after a pause that grows. */
  again() {
    this.said("lost");
    this.stop();
    const wait = Math.min(30_000, 1000 * 2 ** this.failures) * (0.5 + Math.random());
    this.failures += 1;
    this.timer = setTimeout(() => this.open(), wait);
  }

  /** All of it anew. */
  afresh() {
    this.lastId = "";
    this.stop();
    this.open();
  }

  visibility() {
    clearTimeout(this.hiding);
    if (document.hidden) this.hiding = setTimeout(() => this.stop(), HIDDEN_MS);
    else if (!this.source) this.open();
  }

  close() {
    this.closed = true;
    this.stop();
    clearInterval(this.watch);
    clearTimeout(this.hiding);
    document.removeEventListener("visibilitychange", this.onVisibility);
  }
}
