/** What the http bench sends: a fee for one account after the other. */
import { accountIdOf, currency } from './made-up-log.mjs';

export const feePath = (communityId, number) =>
  `/communities/${communityId}/accounts/${encodeURIComponent(accountIdOf(number))}/fees`;

export const feeBody = {
  item: 'property-fee',
  amount: { currency, minor: '25040' },
  dueOn: '2026-02-05',
  effectiveOn: '2026-01-20',
  reference: '2026-02',
  tariff: { tariffId: 'T1', version: 1, lateFee: { ppmPerDay: 500, graceDays: 0, capPpm: 1_000_000 } },
  period: { from: '2026-02-01', to: '2026-02-28' },
};

export const openingBody = (number) => ({ accountId: accountIdOf(number), effectiveOn: '2026-01-01' });
