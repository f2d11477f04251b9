import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { runChild } from './child.mjs';
import { withLock } from './lock.mjs';

const folders = ['apps', 'libs', 'projections'];
const settings = ['.swcrc', 'nest-cli.json', 'tsconfig.json', 'package.json', 'package-lock.json'];

/** The files that the build reads, specs left out: changing a test needs no build. */
function sourceFiles(root) {
  const files = [];
  for (const folder of folders.filter((name) => existsSync(join(root, name)))) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
      const isSource = /\.[cm]?[jt]s$/.test(entry.name) && !entry.name.endsWith('.spec.ts');
      if (entry.isFile() && isSource) files.push(join(entry.parentPath ?? entry.path, entry.name));
    }
  }
  return files.sort();
}

/** A content hash: a checkout or a copy changes times, not contents; what is built is the same on every Node. */
function sourceStamp(root) {
  const hash = createHash('sha256');
  for (const file of [...settings.map((name) => join(root, name)), ...sourceFiles(root)]) {
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    if (file.endsWith(`${sep}package.json`)) hash.update(JSON.stringify(JSON.parse(bytes.toString()).imports ?? null));
    else hash.update(`${relative(root, file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function builtStamp(root) {
  try {
    return readFileSync(join(root, 'dist', '.stamp'), 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * `nest build` into a folder of its own, which then takes the place of dist: nothing of an earlier build lingers, a build that was
 * cut short leaves dist as it was (stale), and programs that run meanwhile find dist whole.
 */
async function build(root, stamp) {
  for (const left of readdirSync(root).filter((name) => name.startsWith('dist-next-')))
    rmSync(join(root, left), { recursive: true, force: true });
  const next = `dist-next-${process.pid}`; // of its own: the compiler of a build that was killed may still be writing into the last one
  const config = JSON.parse(readFileSync(join(root, 'nest-cli.json'), 'utf8'));
  config.compilerOptions.builder.options.outDir = next;
  const cache = join(root, 'node_modules', '.cache', 'estate-ledger');
  mkdirSync(cache, { recursive: true });
  const configFile = join(cache, `nest-cli-${process.pid}.json`);
  writeFileSync(configFile, JSON.stringify(config));
  const nest = join('node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  try {
    await runChild(process.execPath, [nest, 'build', '--config', relative(root, configFile)], { cwd: root });
  } finally {
    rmSync(configFile, { force: true });
  }
  writeFileSync(join(root, next, '.stamp'), stamp);
  const old = join(root, next, '.old');
  if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old);
  renameSync(join(root, next), join(root, 'dist'));
  rmSync(join(root, 'dist', '.old'), { recursive: true, force: true });
}

/** Builds dist when it is missing or made from other sources than the present ones. */
export async function ensureBuilt(root) {
  if (builtStamp(root) === sourceStamp(root)) return;
  await withLock(root, 'build', async () => {
    const stamp = sourceStamp(root);
    if (builtStamp(root) === stamp) return;
    process.stderr.write('estate-ledger: building …\n');
    await build(root, stamp);
  });
}
