// Submitting: files or pasted text, once, whatever the network does.

import { Refused, get, newKey, postOnce } from "./api.js";
import { h } from "./dom.js";

const option = (value, text) => h("option", { value }, text);

/** The form of one team. It may be left and opened again: what is in it stays until it is sent. */
export class SubmitPage {
  constructor(app, contestId, username) {
    this.app = app;
    this.contestId = contestId;
    this.username = username;
    this.base = `/contests/${encodeURIComponent(contestId)}`;
    this.waiting = h("p", { class: "empty" }, "Loading …");
    this.element = h("section", { class: "page" }, h("h1", {}, "Submit"), this.waiting);
    this.closed = true;
  }

  /** Show it, with this problem chosen where one is given. */
  async open(problem) {
    this.closed = false;
    this.chosen = problem ?? this.chosen;
    const turn = (this.turn = {});
    const found = await this.app.load(this, this.waiting, () =>
      Promise.all([get(`/api${this.base}/problems`), get(`/api${this.base}/languages`)]),
    );
    if (!found || turn !== this.turn) return;
    const [problems, languages] = found;
    if (!this.form) this.build(languages);
    this.fill(problems);
    this.unlisten = this.app.own.listen((kind, one) => kind === "state" && this.fill(one.problems));
  }

  close() {
    this.closed = true;
    this.turn = null;
    this.unlisten?.();
    this.unlisten = null;
  }

  /** The problems to choose from; before the start there are none. */
  fill(problems) {
    const told = JSON.stringify(problems);
    if (told !== this.told) {
      this.told = told;
      this.chosen = this.problem.value || this.chosen;
      this.problem.replaceChildren(
        option("", problems.length > 0 ? "Choose …" : "Shown when the contest starts"),
        ...problems.map((one) => option(one.id, `${one.label} · ${one.name}`)),
      );
    }
    if (problems.some((one) => one.id === this.chosen)) {
      this.problem.value = this.chosen;
      this.chosen = null;
    }
  }

  build(languages) {
    this.languages = languages;
    this.problem = h("select", { name: "problem", required: true });
    this.language = h(
      "select",
      { name: "language", required: true, onchange: () => this.askEntryPoint() },
      option("", "Choose …"),
      ...languages.map((one) => option(one.id, one.name)),
    );
    this.files = h("input", { type: "file", name: "files", multiple: true, onchange: () => this.guess() });
    this.code = h("textarea", {
      name: "code",
      spellcheck: "false",
      autocapitalize: "off",
      autocomplete: "off",
      "aria-label": "Source code",
      placeholder: "… or paste the source here",
    });
    this.entryName = h("span");
    this.entryPoint = h("input", { name: "entry_point", autocomplete: "off" });
    this.entryField = h("label", { hidden: true }, this.entryName, this.entryPoint);
    this.said = h("p", { class: "error", role: "alert" });
    this.state = h("span", { role: "status" });
    this.button = h("button", { class: "primary", type: "submit" }, "Submit");
    const drop = h("div", { class: "drop field" }, "Source files", this.files, h("small", {}, "Choose them, or drop them here."));
    for (const kind of ["dragover", "dragleave", "drop"]) drop.addEventListener(kind, (event) => this.dropped(event, drop));
    this.form = h(
      "form",
      { class: "sheet", onsubmit: (event) => this.send(event) },
      h("div", { class: "two" }, h("label", {}, "Problem", this.problem), h("label", {}, "Language", this.language)),
      this.entryField,
      drop,
      this.code,
      this.said,
      h("div", { class: "actions" }, this.button, this.state),
    );
    this.element.replaceChildren(h("h1", {}, "Submit"), this.form);
  }

  dropped(event, drop) {
    event.preventDefault();
    drop.classList.toggle("over", event.type === "dragover");
    if (event.type === "drop") {
      this.files.files = event.dataTransfer.files;
      this.guess();
    }
  }

  /** The language that goes with the files' names. */
  guess() {
    const extensions = Array.from(this.files.files, (file) => file.name.split(".").pop());
    const fits = this.languages.filter((one) => extensions.some((extension) => one.extensions.includes(extension)));
    if (fits.length === 1 && !this.language.value) this.language.value = fits[0].id;
    this.askEntryPoint();
  }

  askEntryPoint() {
    const language = this.languages.find((one) => one.id === this.language.value);
    this.entryField.hidden = !language?.entry_point_required;
    this.entryPoint.required = !this.entryField.hidden;
    this.entryName.textContent = language?.entry_point_name ?? "";
    if (!this.entryField.hidden && !this.entryPoint.value && this.files.files.length === 1) {
      this.entryPoint.value = this.files.files[0].name.replace(/\.[^.]*$/, "");
    }
  }

  /** A name for pasted text: Java's must be its public class's. */
  nameOf(text, language) {
    const extension = language.extensions[0] ?? "txt";
    const java = /public\s+(?:final\s+|abstract\s+)*(?:class|record|enum|interface)\s+([A-Za-z_$][\w$]*)/.exec(text);
    return extension === "java" && java ? `${java[1]}.java` : `${extension === "java" ? "Main" : "main"}.${extension}`;
  }

  async send(event) {
    event.preventDefault();
    this.said.textContent = "";
    const language = this.languages.find((one) => one.id === this.language.value);
    const chosen = Array.from(this.files.files);
    const text = this.code.value;
    if (chosen.length > 0 && text.trim()) {
      this.said.textContent = "Either files or pasted text, not both: it would not be clear which one you mean.";
      return;
    }
    if (chosen.length === 0 && !text.trim()) {
      this.said.textContent = "There is nothing to submit: choose a file or paste the source.";
      return;
    }
    const form = new FormData();
    form.set("problem_id", this.problem.value);
    form.set("language_id", language.id);
    if (!this.entryField.hidden) form.set("entry_point", this.entryPoint.value.trim());
    for (const file of chosen) form.append("code", file, file.name);
    if (chosen.length === 0) form.append("code", new Blob([text]), this.nameOf(text, language));
    const files = chosen.map(({ name, size, lastModified }) => [name, size, lastModified]);
    await this.post(form, JSON.stringify([form.get("problem_id"), language.id, form.get("entry_point"), text, files]));
  }

  /** The key of what is sent: the same as long as nothing was changed, so that another click does not submit it twice. */
  keyOf(content) {
    if (this.sent?.content !== content) this.sent = { content, key: newKey() };
    return this.sent.key;
  }

  async post(form, content) {
    this.button.disabled = true;
    this.state.textContent = "Sending …";
    try {
      await postOnce(`/api${this.base}/submissions`, form, this.keyOf(content), (why) => (this.state.textContent = why));
      if (this.app.unsent === this) this.app.unsent = null;
      if (!this.closed) this.app.go(`${this.base}/submissions`);
    } catch (error) {
      this.said.textContent =
        error instanceof Refused
          ? error.message
          : "The server cannot be reached. Try again, or look at your submissions: unchanged, it counts once.";
      if (error.status === 401 && !this.closed) this.app.sessionEnded();
    } finally {
      this.button.disabled = false;
      this.state.textContent = "";
    }
  }
}
