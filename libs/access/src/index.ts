export { issueToken, OWN_AUDIENCE, OWN_ISSUER } from './issue-token.js';
export type { Principal } from './principal.js';
export { isRole, PAYER_ROLES, ROLES, type Role } from './roles.js';
export { ownTokenKey, tokenKeyFileOf } from './token-key.js';
export { verifyWithOwnKey, verifyWithRemoteKeys, type RemoteKeys, type VerifyToken } from './verify-token.js';
