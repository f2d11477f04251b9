import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { issueToken, ownTokenKey, verifyWithOwnKey, type Role } from '#libs/access';
import { EventStore, Upcasters, Vault, type StoredEvent } from '#libs/event-store';
import { ManualClock, parseStreamName } from '#libs/kernel';
import { LiveRunner } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import { projections } from '#projections';
import { createApi, type ApiOptions } from '../../apps/api/src/index.js';
import { openTestStores } from './stores.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Of a JSON answer. */
  readonly body: Record<string, unknown>;
}

export interface Asking {
  readonly role?: Role;
  readonly id?: string;
  readonly communities?: readonly string[];
  readonly accounts?: readonly string[];
  /** In place of one that is made of the fields above; null: none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The API over servers of this process, with its read models kept up to date. */
export class TestApi {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly options: ApiOptions,
    readonly clock: ManualClock,
    readonly community: string,
    readonly url: string,
    readonly log: Record<string, unknown>[],
    private readonly key: Awaited<ReturnType<typeof ownTokenKey>>,
    private readonly closing: () => Promise<void>,
  ) {}

  /** @param now where the clock stands */
  static async open(now = '2026-03-20T04:00:00.000Z', overrides: Partial<ApiOptions> = {}): Promise<TestApi> {
    const stores = await openTestStores();
    const folder = mkdtempSync(join(tmpdir(), 'estate-api-'));
    const mark = randomBytes(4).toString('hex');
    const clock = new ManualClock(now);
    const eventStore = EventStore.connect(stores.eventstoreUrl);
    const readStore = await ReadStore.connect(stores.mongodbUrl, { database: `api_${mark}` });
    const masterKey = randomBytes(32);
    const vault = await Vault.connect(stores.mongodbUrl, { database: `api_${mark}_vault`, masterKey, clock });
    const key = await ownTokenKey(join(folder, 'token.key'));
    const log: Record<string, unknown>[] = [];
    const options: ApiOptions = {
      ...{ eventStore, readStore, vault, clock, upcasters: new Upcasters() },
      verifyToken: await verifyWithOwnKey(key),
      requestsPerSecond: 0,
      log: (entry) => void log.push(entry),
      ...overrides,
    };
    const runner = new LiveRunner({ source: eventStore, stores: readStore, projections });
    const stop = new AbortController();
    const running = runner.run(stop.signal);
    const app = await createApi(options);
    await app.listen(0, '127.0.0.1');
    const url = (await app.getUrl()).replace(/\/$/, '');
    return new TestApi(app, options, clock, `c${mark}`, url, log, key, async () => {
      await app.close();
      stop.abort();
      await running;
      await Promise.all([eventStore.close(), readStore.close(), vault.close()]);
      await stores.close();
      rmSync(folder, { recursive: true, force: true });
    });
  }

  close(): Promise<void> {
    return this.closing();
  }

  tokenOf({ role = 'auditor', id, communities, accounts }: Asking): Promise<string> {
    const issuedAt = Math.floor(Date.parse(this.clock.now()) / 1000);
    const names = { communities: communities ?? [this.community], accounts: accounts ?? [] };
    return issueToken(this.key, { id: id ?? `${role}-1`, role, ...names }, { issuedAt, lifeSeconds: 3600 });
  }

  async get(path: string, asking: Asking): Promise<Answer> {
    return this.send('GET', path, asking);
  }

  async post(path: string, asking: Asking): Promise<Answer> {
    return this.send('POST', path, asking);
  }

  /** @param path below the community, or from the root when it begins with `//` */
  async send(method: 'GET' | 'POST', path: string, asking: Asking): Promise<Answer> {
    const token = asking.token === undefined ? await this.tokenOf(asking) : asking.token;
    const { headers, payload } = wire(asking, token);
    const url = path.startsWith('//') ? path.slice(1) : `/communities/${this.community}${path}`;
    const response = await fetch(`${this.url}${url}`, {
      method,
      headers,
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const body = type.includes('json') ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: response.status, headers: Object.fromEntries(response.headers), text, body };
  }

  /** Registers the community, a unit's account and nothing else. */
  async prepare(accountId = 'B1/0101'): Promise<void> {
    const registered = await this.post('', { role: 'administrator', body: { name: '映湖花园' } });
    if (registered.status !== 201) throw new Error(registered.text);
    const opened = await this.post('/accounts', {
      role: 'billing-clerk',
      body: { accountId, effectiveOn: '2026-01-01' },
    });
    if (opened.status !== 201) throw new Error(opened.text);
  }

  /** Everything stored for the community, in order. */
  async events(): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for await (const page of this.options.eventStore.readAll({})) {
      events.push(...page.filter(({ stream }) => parseStreamName(stream)?.communityId === this.community));
    }
    return events;
  }
}

function wire({ body, headers }: Asking, token: string | null) {
  return {
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    payload: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  };
}
