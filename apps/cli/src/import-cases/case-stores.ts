import { BulkWriter, Vault } from '#libs/event-store';
import { DomainError, systemClock } from '#libs/kernel';
import type { Clock, Decider, NewEvent } from '#libs/kernel';
import type { Runtime } from '#libs/runtime';
import { caseDecider, surroundingsOf, vaultSubjectOf } from '#libs/service-desk';
import type { CaseState } from '#libs/service-desk';
import { importStores, withoutWriting } from '../import-history/import-stores.js';
import { IMPORTED_KIND } from './case-recorder.js';
import type { CaseStores } from './import-cases.js';

export interface CaseStoresOptions {
  /** Everything is read and decided, nothing is stored. */
  readonly dryRun?: boolean;
  readonly clock?: Clock;
}

const DEFAULT_CURRENCY = 'CNY';
const DEFAULT_TIME_ZONE = 'Asia/Shanghai';
const cases = caseDecider(IMPORTED_KIND) as unknown as Decider<CaseState, NewEvent>;

/** The stores as a help-desk log is recorded in them; `close` gives the vault's connection back. */
export async function caseStores(
  runtime: Runtime,
  { dryRun = false, clock = systemClock }: CaseStoresOptions = {},
): Promise<CaseStores & { close(): Promise<void> }> {
  const { eventStore, upcasters } = runtime;
  const vault = dryRun ? undefined : await connectVault(runtime, clock);
  const writer = new BulkWriter(dryRun ? withoutWriting(eventStore) : eventStore, clock, upcasters);
  const communities = importStores(runtime, { dryRun, clock });
  return {
    surroundings: async (communityId, firstDay) => {
      const known = await communities.findBooks(communityId);
      if (known) return surroundingsOf(known.timeZone);
      const books = { communityId, currency: DEFAULT_CURRENCY, timeZone: DEFAULT_TIME_ZONE };
      await communities.register(books, firstDay(DEFAULT_TIME_ZONE));
      return surroundingsOf((await communities.findBooks(communityId))?.timeZone ?? DEFAULT_TIME_ZONE);
    },
    openCase: (communityId, caseId) => writer.open(cases, communityId, caseId),
    sealCustomer: (communityId, caseId, customer) => sealCustomer(vault, communityId, caseId, customer),
    close: async () => vault?.close(),
  };
}

function connectVault({ addresses, masterKey, vaultDatabase }: Runtime, clock: Clock): Promise<Vault> {
  if (!masterKey) throw new DomainError('MASTER_KEY_REQUIRED', 'customers are sealed: set ESTATE_MASTER_KEY');
  return Vault.connect(addresses.mongodb, { database: vaultDatabase, masterKey, clock });
}

/** A case whose key was destroyed stays erased: its further lines are recorded without the customer. */
async function sealCustomer(vault: Vault | undefined, communityId: string, caseId: string, customer: string) {
  if (!vault) return null;
  try {
    return await vault.seal(vaultSubjectOf(communityId, IMPORTED_KIND, caseId), customer);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'SUBJECT_ERASED') return null;
    throw error;
  }
}
