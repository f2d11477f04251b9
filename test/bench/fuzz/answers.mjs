export const PATIENCE_MS = 60_000;

/** Answers that a well-behaved client was given: how many, and how long the slowest took. */
export class Answers {
  answers = 0;
  slowestMs = 0;

  /** Waits for an answer, and fails when there is none in time. */
  async timed(answer) {
    const startedAt = performance.now();
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
      this.answers += 1;
      this.slowestMs = Math.max(this.slowestMs, Math.round(performance.now() - startedAt));
    }
  }
}
