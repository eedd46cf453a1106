// Keeping answers in the browser, as far as it allows that: pages from a disk, or in a private window, may not.

class Keep {
  constructor(name) {
    this.name = name;
    this.trouble = "";
    this.last = null;
    this.try(() => {
      localStorage.setItem(`${name}:test`, "1");
      localStorage.removeItem(`${name}:test`);
    });
  }

  try(act) {
    try {
      const made = act();
      this.trouble = "";
      return made;
    } catch (error) {
      this.trouble =
        error.name === "QuotaExceededError"
          ? "This browser has no room left to keep your answers."
          : "This browser does not keep your answers when this page is closed.";
      return null;
    }
  }

  // What is kept, if someone else (another tab) or an earlier visit wrote it since the last call; else null.
  news() {
    const raw = this.try(() => localStorage.getItem(this.name));
    if (raw === null || raw === this.last) return null;
    this.last = raw;
    try {
      return JSON.parse(raw);
    } catch {
      return { damaged: raw };
    }
  }

  // Sets something aside that cannot be read, so that it is not written over.
  aside(raw) {
    this.try(() => localStorage.setItem(`${this.name}:damaged`, raw));
  }

  write(value) {
    const raw = JSON.stringify(value);
    this.try(() => localStorage.setItem(this.name, raw));
    if (!this.trouble) this.last = raw;
  }
}

// A taste that holds for every form in this browser, and matters little.
const taste = {
  read: () => {
    try {
      return JSON.parse(localStorage.getItem("clinical-r1:form")) ?? {};
    } catch {
      return {};
    }
  },
  write: (value) => {
    try {
      localStorage.setItem("clinical-r1:form", JSON.stringify(value));
    } catch {
      /* asked again next time */
    }
  },
};
