/** Who uses the system (domain.md §1), by the names that tokens carry. */
export const ROLES = [
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
  'owner',
  'tenant',
  'owners-committee',
  'auditor',
  'dashboard',
] as const;
export type Role = (typeof ROLES)[number];

/** Owners and tenants see accounts of their own only: those that the token names. */
export const PAYER_ROLES: ReadonlySet<Role> = new Set<Role>(['owner', 'tenant']);

export function isRole(text: unknown): text is Role {
  return (ROLES as readonly unknown[]).includes(text);
}
