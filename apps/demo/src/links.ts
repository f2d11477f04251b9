import { issueToken, ownTokenKey, tokenKeyFileOf, type Role } from '#libs/access';
import { systemClock } from '#libs/kernel';
import type { DemoCommunity } from './demo-community.js';
import { accountOf } from './print-reports.js';

const LIFE_SECONDS = 12 * 3600;
const ROLES = ['auditor', 'billing-clerk', 'cashier', 'service-agent'] as const satisfies readonly Role[];

/** Where to look next: addresses that need no token, tokens, and calls that can be pasted into another terminal. */
export async function linkLines(community: DemoCommunity): Promise<string[]> {
  const { api, plan, runtime } = community;
  const at = `${api.url}/communities/${plan.communityId}`;
  const account = accountOf(community, 'gives-up');
  const ledger = `accounts/${encodeURIComponent(account)}`;
  const [from, to] = [`${plan.year}-01-01`, `${plan.year}-12-31`];
  const nextDay = `${plan.year + 1}-01-01`;
  const payment = JSON.stringify({
    amount: { currency: 'CNY', minor: '50000' },
    effectiveOn: nextDay,
    method: 'transfer',
  });
  const complaint = JSON.stringify({ kind: 'complaint', channel: 'phone', severity: 'normal', text: '电梯又坏了' });
  return [
    '',
    `── The community goes on: it is the morning of ${nextDay} there. Ctrl-C ends it and removes its data.`,
    '',
    `  ${api.url}/openapi.json      every operation, with its roles and an example`,
    `  ${api.url}/health/ready      stores, and how far each read model is`,
    `  ${api.url}/metrics           for Prometheus`,
    '',
    '  Paste into another terminal:',
    '',
    ...(await tokenLines(community)),
    `get()  { curl -sg -H "Authorization: Bearer $1" "$2"; echo; }`,
    `post() { curl -s -H "Authorization: Bearer $1" -H 'Content-Type: application/json' -d "$3" "$2"; echo; }`,
    `get  $AUDITOR '${at}/arrears?asOf=${to}'`,
    `get  $AUDITOR '${at}/arrears/accounts?asOf=${to}&limit=5'`,
    `get  $AUDITOR '${at}/${ledger}/ledger'`,
    `get  $AUDITOR '${at}/audit-trail?limit=5'`,
    `get  $AUDITOR '${at}/service-figures?from=${from}&to=${to}'`,
    `get  $AUDITOR '${at}/cases?limit=5'`,
    `post $CASHIER '${at}/${ledger}/payments' '${payment}'`,
    `post $SERVICE_AGENT '${at}/cases' '${complaint}'`,
    `npm run -s estate -- --data ${runtime.folder!.root} report cases --community ${plan.communityId}`,
    '',
    `ready api=${api.url}`,
  ];
}

/** Issued by the real time: they are good for `estate token`'s twelve hours, whatever the community's clock says. */
async function tokenLines({ plan, runtime }: DemoCommunity): Promise<string[]> {
  const key = await ownTokenKey(tokenKeyFileOf(runtime.folder!.vault));
  const issuedAt = Math.floor(Date.parse(systemClock.now()) / 1000);
  const lines = ROLES.map(async (role) => {
    const principal = { id: `${role}-1`, role, communities: [plan.communityId], accounts: [] };
    const token = await issueToken(key, principal, { issuedAt, lifeSeconds: LIFE_SECONDS });
    return `${role.toUpperCase().replaceAll('-', '_')}=${token}`;
  });
  return Promise.all(lines);
}
