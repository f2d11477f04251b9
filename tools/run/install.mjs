import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExpectedError, runChild } from './child.mjs';
import { withLock } from './lock.mjs';

const stampFile = (root) => join(root, 'node_modules', '.estate-ledger-stamp');

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** What decides the contents of node_modules: the lock file, the dependencies asked for, and the machine's kind. */
function wantedStamp(root) {
  const { dependencies, devDependencies, overrides } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const hash = createHash('sha256').update(JSON.stringify({ dependencies, devDependencies, overrides }));
  hash.update(readFileSync(join(root, 'package-lock.json'))).update(`${process.platform}-${process.arch}`);
  return hash.digest('hex');
}

/** Whether somebody has already installed exactly this lock file by hand: npm notes what it has installed beside the packages. */
function installedByHand(root) {
  const installed = readText(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined || readText(stampFile(root)) !== undefined) return false;
  const have = JSON.parse(installed).packages ?? {};
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages ?? {};
  return Object.entries(want).every(
    ([path, entry]) =>
      path === '' ||
      (have[path] ? have[path].version === entry.version : entry.optional === true || entry.devOptional === true),
  );
}

/** npm ci empties the folder first: through a link, somebody else's. */
function refuseLink(root) {
  const folder = join(root, 'node_modules');
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  throw new ExpectedError(
    `${folder} is a symbolic link, and installing would empty the folder that it points to: remove the link, then try again`,
  );
}

function npmCi(root) {
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  // Not the level of the outer npm: `npm run -s` would hide why an install failed.
  const env = { ...process.env, npm_config_loglevel: 'error', NODE_ENV: 'development' };
  if (npm && /npm-cli\.[cm]?js$/.test(npm)) return runChild(process.execPath, [npm, ...args], { cwd: root, env });
  return runChild('npm', args, { cwd: root, env, shell: process.platform === 'win32' });
}

/** Installs the dependencies when node_modules is missing or not what package.json and package-lock.json ask for; never through a link. */
export async function ensureInstalled(root) {
  const wanted = wantedStamp(root);
  if (readText(stampFile(root)) === wanted) return;
  await withLock(root, 'install', async () => {
    if (readText(stampFile(root)) === wanted) return;
    if (!installedByHand(root)) {
      refuseLink(root);
      process.stderr.write('estate-ledger: installing the dependencies (npm ci) …\n');
      await npmCi(root);
    }
    writeFileSync(stampFile(root), wanted);
  });
}
