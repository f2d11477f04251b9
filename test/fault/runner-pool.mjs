import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** One process of projection-runner.mjs. */
class Runner {
  constructor(round) {
    const script = join(import.meta.dirname, 'projection-runner.mjs');
    this.child = spawn(process.execPath, [script, JSON.stringify(round)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.said = '';
    this.child.stdin.on('error', () => undefined); // killed
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.said += text));
    this.ended = once(this.child, 'close');
  }

  async until(word) {
    const ended = this.ended.then(() => 'ended');
    while (!this.said.includes(word)) {
      const heard = await Promise.race([once(this.child.stdout, 'data'), ended]);
      if (heard === 'ended' && !this.said.includes(word)) throw new Error('a runner ended by itself');
    }
  }
}

/** Keeps the next runner warm while one works: starting Node takes longer than most of them live. */
export class RunnerPool {
  #next;
  #nextRound;

  /** Lets a runner fold and kills it after a while; false when it came through before. */
  async runAndKill(round, afterMs) {
    const runner = await this.#start(round);
    const finished = runner.until('done').then(
      () => true,
      () => false,
    );
    const came = await Promise.race([finished, sleep(afterMs).then(() => false)]);
    // By itself it ends only with an error, which it has shown.
    const failed = !came && runner.child.exitCode !== null;
    runner.child.kill('SIGKILL');
    await runner.ended;
    if (failed) throw new Error('a runner failed');
    return !came;
  }

  /** Lets a runner come through. */
  async run(round) {
    const runner = await this.#start(round);
    await runner.until('done');
    runner.child.kill('SIGKILL');
    await runner.ended;
  }

  async close() {
    this.#next?.child.kill('SIGKILL');
    await this.#next?.ended;
  }

  async #start(round) {
    const key = JSON.stringify(round);
    if (this.#nextRound !== key) {
      await this.close();
      this.#next = new Runner(round);
    }
    const runner = this.#next;
    await runner.until('ready');
    runner.child.stdin.write('go\n');
    this.#next = new Runner(round);
    this.#nextRound = key;
    return runner;
  }
}
