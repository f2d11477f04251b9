import type { EventStore, Upcasters, Vault } from '#libs/event-store';
import { DomainError } from '#libs/kernel';
import type { ReadStore } from '#libs/read-store';
import { publishAddress, watchOwner, withdrawAddress } from './address-file.js';
import { claimDataFolder } from './claim-data-folder.js';
import { readConfiguration, type Environment, type StoreAddresses } from './configuration.js';
import { dataFolderAt, prepareDataFolder, type DataFolder } from './data-folder.js';
import { readMasterKey } from './master-key.js';
import { startStandaloneServers } from './standalone-servers.js';

export type RuntimeMode = 'servers' | 'standalone-owner' | 'standalone-joined';

export interface ServeOptions {
  /** 0 for any free port. */
  readonly eventstorePort: number;
  readonly mongodbPort: number;
  /** Whether this program keeps the read models up to date; those that join then wait for it. */
  readonly projecting: boolean;
}

export interface RuntimeOptions {
  readonly env: Environment;
  /** A path as the user wrote it; without it ESTATE_DATA_DIR, else `data` in the project's folder. */
  readonly dataDir?: string | undefined;
  /** Publish the address for others to join; only an owner can. */
  readonly serve?: ServeOptions;
  /** Where a word about waiting goes. */
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Open stores, wherever they run. */
export interface Runtime {
  readonly mode: RuntimeMode;
  readonly addresses: StoreAddresses;
  /** Of standalone mode. */
  readonly folder: DataFolder | undefined;
  /** Another program keeps the read models up to date: wait for it instead of folding. */
  readonly projecting: boolean;
  readonly eventStore: EventStore;
  readonly readStore: ReadStore;
  readonly upcasters: Upcasters;
  /** Wraps the keys of the vault; `undefined` on real servers without ESTATE_MASTER_KEY. */
  readonly masterKey: Buffer | undefined;
  /** Name of the vault's database. */
  readonly vaultDatabase: string;
  /** The vault, connected at the first call and closed with the runtime. Rejects with MASTER_KEY_REQUIRED where there is no key. */
  vault(): Promise<Vault>;
  /** Rejects when a server of this process fails, or the joined owner ends (OWNER_GONE); pending for ever otherwise. */
  readonly failed: Promise<never>;
  /** Closes the clients, then the servers of this process, then gives the folder free. */
  close(): Promise<void>;
}

/** Servers without clients. */
export interface OpenServers {
  readonly mode: RuntimeMode;
  readonly addresses: StoreAddresses;
  readonly folder: DataFolder | undefined;
  readonly projecting: boolean;
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

const NEVER = new Promise<never>(() => undefined);

/**
 * Opens the stores: real servers by EVENTSTORE_URL and MONGODB_URL, else the data folder, as its owner (with both servers in worker threads) or by
 * joining the owner that serves it. Databases are `estate` and `estate_vault`; ESTATE_DB_PREFIX takes the place of `estate`.
 * Throws CONFIG_INVALID, DATA_FORMAT_UNKNOWN, DATA_FOLDER_INVALID, DATA_FOLDER_IN_USE (with `serve`), STANDALONE_SERVER_FAILED and what the clients throw.
 */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const opened = await openServers(options);
  const database = options.env['ESTATE_DB_PREFIX'] || 'estate';
  let eventStore: EventStore | undefined;
  try {
    const masterKey = readMasterKey(options.env, opened.folder);
    const { EventStore, Upcasters } = await import('#libs/event-store');
    const { ReadStore } = await import('#libs/read-store');
    eventStore = EventStore.connect(opened.addresses.eventstore);
    const readStore = await ReadStore.connect(opened.addresses.mongodb, { database });
    const vaultDatabase = `${database}_vault`;
    return assemble(opened, { eventStore, readStore, masterKey, vaultDatabase, upcasters: new Upcasters() });
  } catch (error) {
    await eventStore?.close();
    await opened.close();
    throw error;
  }
}

type Clients = Pick<Runtime, 'eventStore' | 'readStore' | 'masterKey' | 'vaultDatabase' | 'upcasters'>;

function assemble(opened: OpenServers, clients: Clients): Runtime {
  let vault: Promise<Vault> | undefined;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const closeVault = vault?.then((open) => open.close());
    await Promise.allSettled([clients.eventStore.close(), clients.readStore.close(), closeVault]);
    await opened.close();
  };
  return {
    ...opened,
    ...clients,
    vault: () => (vault ??= connectVault(opened.addresses, clients)),
    close: () => (closing ??= close()),
  };
}

async function connectVault(addresses: StoreAddresses, { masterKey, vaultDatabase }: Clients): Promise<Vault> {
  if (!masterKey) throw new DomainError('MASTER_KEY_REQUIRED', 'personal data is sealed: set ESTATE_MASTER_KEY');
  const { Vault } = await import('#libs/event-store');
  return Vault.connect(addresses.mongodb, { database: vaultDatabase, masterKey });
}

/**
 * As {@link openRuntime}, without its clients, which take longer to load than the servers take to start. What it throws is the same,
 * but for what the clients throw.
 */
export async function openServers(options: RuntimeOptions): Promise<OpenServers> {
  const configuration = readConfiguration(options.env, options.dataDir);
  if (configuration.kind === 'standalone') return openDataFolder(dataFolderAt(configuration.dataDir), options);
  const close = (): Promise<void> => Promise.resolve();
  return {
    mode: 'servers',
    addresses: configuration.addresses,
    folder: undefined,
    projecting: false,
    failed: NEVER,
    close,
  };
}

async function openDataFolder(folder: DataFolder, options: RuntimeOptions): Promise<OpenServers> {
  const { serve, say = () => undefined, signal } = options;
  const claim = await claimDataFolder(folder, { mustOwn: serve !== undefined, say, signal });
  if (claim.kind === 'joined') {
    const { eventstore, mongodb, projecting } = claim.owner;
    const { gone, stop } = watchOwner(claim.owner);
    const close = async (): Promise<void> => stop();
    return { mode: 'standalone-joined', addresses: { eventstore, mongodb }, folder, projecting, failed: gone, close };
  }
  try {
    prepareDataFolder(folder, Boolean(options.env['ESTATE_MASTER_KEY']));
    const servers = await startStandaloneServers(folder, {
      eventstore: serve?.eventstorePort ?? 0,
      mongodb: serve?.mongodbPort ?? 0,
    });
    if (serve) publishAddress(folder, { pid: process.pid, ...servers.addresses, projecting: serve.projecting });
    const close = async (): Promise<void> => {
      if (serve) withdrawAddress(folder);
      await servers.close();
      await claim.ownership.release();
    };
    return {
      mode: 'standalone-owner',
      addresses: servers.addresses,
      folder,
      projecting: false,
      failed: servers.failed,
      close,
    };
  } catch (error) {
    await claim.ownership.release();
    throw error;
  }
}
