import type { Role } from '#libs/access';

const CASES_BY_AGENTS = ['service-agent', 'case-manager'] as const;
const CASES_BY_ALL_STAFF = ['service-agent', 'case-manager', 'inspector', 'safety-officer'] as const;
const BILLING = ['billing-clerk', 'finance-manager'] as const;
const STAFF = [
  'cashier',
  'billing-clerk',
  'collector',
  'finance-manager',
  'service-agent',
  'case-manager',
  'inspector',
  'safety-officer',
  'privacy-officer',
  'administrator',
] as const;
const EVERYBODY = [...STAFF, 'auditor', 'dashboard', 'owners-committee', 'owner', 'tenant'] as const;
const ACCOUNT_READERS = [
  'cashier',
  'billing-clerk',
  'collector',
  'finance-manager',
  'service-agent',
  'case-manager',
  'auditor',
  'owner',
  'tenant',
] as const;

/**
 * Who may do what (domain.md §1, D12): the one table of role × operation. What a table cannot say, such as that the proposer does not
 * approve, is in the decisions.
 */
export const PERMISSIONS = {
  registerCommunity: ['administrator'],
  registerUnit: ['billing-clerk', 'administrator'],
  startOccupancy: ['billing-clerk', 'administrator'],
  endOccupancy: ['billing-clerk', 'administrator'],
  registerParty: ['billing-clerk', 'service-agent', 'administrator'],
  changePartyDetails: ['billing-clerk', 'service-agent', 'privacy-officer'],
  eraseParty: ['privacy-officer'],

  openAccount: BILLING,
  assessFee: BILLING,
  assessLateFee: BILLING,
  receivePayment: ['cashier'],
  reverseFee: ['finance-manager'],
  reversePayment: ['finance-manager'],
  placeHold: ['finance-manager', 'case-manager'],
  liftHold: ['finance-manager', 'case-manager'],
  openDispute: ['collector', 'service-agent', 'case-manager'],
  progressDispute: ['collector', 'service-agent', 'case-manager'],

  sendReminder: ['collector'],
  recordLegalReferral: ['finance-manager'],

  openCase: [...CASES_BY_ALL_STAFF, 'owner', 'tenant'],
  acknowledgeCase: CASES_BY_ALL_STAFF,
  acceptCase: CASES_BY_ALL_STAFF,
  assignCase: ['case-manager'],
  reportProgress: CASES_BY_ALL_STAFF,
  answerCase: CASES_BY_ALL_STAFF,
  awaitCustomer: CASES_BY_AGENTS,
  resumeCase: CASES_BY_AGENTS,
  escalateCase: CASES_BY_AGENTS,
  resolveCase: CASES_BY_ALL_STAFF,
  verifyCase: ['case-manager', 'inspector'],
  reopenCase: CASES_BY_AGENTS,
  closeCase: CASES_BY_AGENTS,
  withdrawCase: CASES_BY_AGENTS,
  rejectCase: ['case-manager'],
  markDuplicateCase: CASES_BY_AGENTS,

  // Of the communities that the token names: no role has them all.
  listCommunities: EVERYBODY,
  getCommunity: EVERYBODY,
  getUnit: [...STAFF, 'auditor'],
  listUnits: [...STAFF, 'auditor'],
  getParty: [...STAFF, 'auditor'],
  listParties: [...STAFF, 'auditor'],
  getPartyDetails: ['billing-clerk', 'collector', 'service-agent', 'case-manager', 'privacy-officer'],
  getAccount: ACCOUNT_READERS,
  getLedger: ACCOUNT_READERS,
  getArrears: [...BILLING, 'collector', 'auditor', 'dashboard', 'owners-committee'],
  // D14: who is late is told to those who work on it, never to the community.
  listArrearsAccounts: [...BILLING, 'collector', 'auditor'],
  getAuditTrail: ['auditor'],
  listCases: [...CASES_BY_ALL_STAFF, 'auditor'],
  getCase: [...CASES_BY_ALL_STAFF, 'auditor'],
  // R4.3: what customers wrote is for those who handle it; an auditor sees that it was written, not what.
  getCaseTexts: [...CASES_BY_ALL_STAFF, 'privacy-officer'],
  getServiceFigures: ['case-manager', 'service-agent', 'auditor', 'dashboard', 'owners-committee'],
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type OperationId = keyof typeof PERMISSIONS;

export function isAllowed(role: Role, operation: OperationId): boolean {
  return (PERMISSIONS[operation] as readonly Role[]).includes(role);
}
