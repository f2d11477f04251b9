import { readPages } from './read-pages.js';
import type { StoredEvent } from './stored-event.js';
import { typePatternOf } from './type-pattern.js';
import type { Connection } from './wire/connection.js';

/** An event that an append said is stored. */
export interface Claim {
  readonly stream: string;
  readonly revision: bigint;
  readonly hash: string;
  readonly position: bigint;
}

interface Waiting extends Claim {
  readonly resolve: (answer: boolean | 'unseen') => void;
}

/**
 * Tells whether acknowledged events are what is stored. The server takes events of known ids for a repetition and acknowledges them
 * without looking at their content, so another process that ran the same command a moment earlier would go unnoticed, and the next event
 * would be chained to a hash that nobody stored. Appends of about the same time lie next to each other in $all: one read confirms many.
 */
export class AppendConfirmer {
  #waiting: Waiting[] = [];
  #reading = false;
  /** Ends the gathering of claims, while one is under way. */
  #enough: (() => void) | undefined;
  #urgent = false;

  constructor(
    private readonly connection: Connection,
    private readonly limits: { readonly silenceMs: number; readonly patienceMs: number },
  ) {}

  /** 'unseen': not found where it should be; the stream itself has to be asked. In its own time, unless somebody `hurry`s. */
  confirm(claim: Claim): Promise<boolean | 'unseen'> {
    return new Promise((resolve) => {
      this.#waiting.push({ ...claim, resolve });
      if (this.#waiting.length >= MOST_CLAIMS) this.hurry();
      if (!this.#reading) void this.#drain();
    });
  }

  /** Somebody waits for a claim that was made: the next read comes as soon as those of the same moment have joined it. */
  hurry(): void {
    if (this.#urgent) return;
    this.#urgent = true;
    if (this.#enough) setTimeout(this.#enough, URGENT_MS);
  }

  async #drain(): Promise<void> {
    this.#reading = true;
    while (this.#waiting.length > 0) {
      await this.#gather();
      const batch = this.#waiting.sort((a, b) => (a.position < b.position ? -1 : 1));
      this.#waiting = [];
      const rest = await this.#check(batch).catch(() => {
        for (const claim of batch) claim.resolve('unseen');
        return [];
      });
      this.#waiting.push(...rest);
    }
    this.#reading = false;
  }

  async #gather(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#urgent ? URGENT_MS : GATHER_MS);
      this.#enough = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#enough = undefined;
    this.#urgent = false;
  }

  /** Answers the claims that one read reaches: at least the first. Returns the others. */
  async #check(batch: readonly Waiting[]): Promise<Waiting[]> {
    const found = new Map<string, string>();
    let reached = batch[0]!.position;
    for await (const page of this.#read(reached, batch.length + EXTRA_EVENTS)) {
      for (const event of page) {
        found.set(keyOf(event), event.metadata.hash);
        if (event.position > reached) reached = event.position;
      }
    }
    const rest: Waiting[] = [];
    for (const claim of batch) {
      const hash = found.get(keyOf(claim));
      if (hash !== undefined) claim.resolve(hash === claim.hash);
      else if (claim.position <= reached) claim.resolve('unseen');
      else rest.push(claim);
    }
    return rest;
  }

  #read(from: bigint, limit: number): AsyncIterable<StoredEvent[]> {
    return readPages(this.connection, {
      request: (last) =>
        last ? undefined : { from, count: limit, typePattern: typePatternOf(undefined), withoutData: true },
      wanted: () => true,
      what: 'confirming appends',
      requiresLeader: true,
      pageSize: limit,
      limit,
      signal: undefined,
      ...this.limits,
    });
  }
}

/** Events of others that may lie between: what a read does not reach, the next one does. */
const EXTRA_EVENTS = 4;
/** How long claims are gathered for one read: most streams are left alone for longer, and a read costs as much as several appends. */
const GATHER_MS = 50;
/** The same while somebody waits for one of them. */
const URGENT_MS = 2;
/** More are not gathered for one read. */
const MOST_CLAIMS = 256;

function keyOf({ stream, revision }: { readonly stream: string; readonly revision: bigint }): string {
  return `${stream}@${revision}`;
}
