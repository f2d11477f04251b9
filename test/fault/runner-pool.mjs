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

  /** What it was at, in its own words. */
  get underWay() {
    const [last] = this.said.trim().split('\n').slice(-1);
    return last.startsWith('serving ') ? last.slice('serving '.length) : 'folding';
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Keeps the next runner warm while one works: starting Node takes longer than most of them live. */
export class RunnerPool {
  #next;
  #nextRound;

  /** Lets a runner work and kills it so long after it has said a word; what it was at then, or 'done' when it came through before. */
  async runAndKill(round, word, afterMs) {
    const runner = await this.#start(round);
    const done = runner.until('done');
    done.catch(() => undefined); // killed
    await Promise.race([runner.until(word), done]);
    const came = await Promise.race([done.then(() => true), sleep(afterMs).then(() => false)]);
    const { underWay } = runner;
    await runner.kill();
    return came ? 'done' : underWay;
  }

  /** Lets a runner come through; how long it took from its first write, in milliseconds. */
  async run(round) {
    const runner = await this.#start(round);
    await Promise.race([runner.until('writing'), runner.until('done')]);
    const startedAt = performance.now();
    await runner.until('done');
    const tookMs = performance.now() - startedAt;
    await runner.kill();
    return tookMs;
  }

  async close() {
    await this.#next?.kill();
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
