import { fail } from '../errors.js';

/** mongod's rules for names. */
export function checkNamespace(db: string, name: string): void {
  checkDatabaseName(db);
  if (name === '') fail('InvalidNamespace', `Invalid namespace specified '${db}.'`);
  if (name.includes('$') || name.startsWith('.') || name.includes('\0')) {
    fail('InvalidNamespace', `Invalid collection name: ${name}`);
  }
  checkSystemName(`${db}.${name}`, name);
  if (Buffer.byteLength(`${db}.${name}`) > 255) {
    fail('InvalidNamespace', `Fully qualified namespace is too long. Namespace: ${db}.${name} Max: 255`);
  }
}

/** Collections of the server's own: a client may only have `system.js`. */
function checkSystemName(namespace: string, name: string): void {
  checkWritable(namespace, name);
  if (name.startsWith('system.') && name !== 'system.js') {
    fail('InvalidNamespace', `Invalid system namespace: ${namespace}`);
  }
  if (name.includes('.system.')) fail('InvalidNamespace', `Invalid namespace: ${namespace}`);
}

/** What no write reaches, whether it is there or not. */
export function checkWritable(namespace: string, name: string): void {
  if (name === 'system.views' || name === 'system.profile') fail('InvalidNamespace', `cannot write to ${namespace}`);
}

export function checkDatabaseName(db: string): void {
  if (db === '' || Buffer.byteLength(db) > 63 || /[/\\. "$\0]/.test(db)) {
    fail('InvalidNamespace', `Invalid database name: '${db}'`);
  }
}
