/** The identities of domain.md §4, one name each for `estate verify`, which reads everything again, and for the running checks. */
export const IDENTITIES = {
  cash: 'cash received = allocated + credit held + refunded',
  outstanding: 'outstanding = open fees and late fees = aging buckets',
  balance: 'ledger balance = outstanding - credit held',
  entries: 'debits = credits',
  payments: 'allocations of a payment <= the payment',
  items: 'no fee below zero',
  states: 'every case in one state: opened = open + resolved + closed + ended unhandled',
  milestones: 'met + breached + running = opened - ended unhandled, in the figures',
  tallies: 'count and sum per event type: store = projections',
} as const;

export type IdentityName = (typeof IDENTITIES)[keyof typeof IDENTITIES];
