/**
 * A first look, after install and build: imports the sample journal into a temporary data folder of standalone mode and shows what
 * the command line makes of it. Every step is a command that a user could type; the folder is removed at the end.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, 'dist', 'apps', 'cli', 'src', 'main.js');
const account = 'B1/0302';
const community = ['--community', 'yinghu'];
const steps = [
  {
    shows: 'Recording a journal of receivables as facts: every accepted line stores at least one event.',
    command: ['import', 'history', 'samples/journal.csv', ...community],
  },
  {
    shows: 'Aging: what each account owed on 30 June 2026, by how long it had been due. Amounts are in yuan.',
    command: ['report', 'aging', ...community, '--as-of', '2026-06-30'],
  },
  {
    shows: `Ledger: every fact that changed the balance of account ${account}, and the running balance.`,
    command: ['report', 'ledger', ...community, '--account', account],
  },
  {
    shows: `Audit trail: who recorded what and when on account ${account}; its hash chain is recomputed from the store.`,
    command: ['report', 'audit', ...community, '--account', account],
  },
  {
    shows: 'Verification: each read model rebuilt and compared, all hash chains recomputed, the identities checked.',
    command: ['verify'],
  },
];

const dataDir = mkdtempSync(join(tmpdir(), 'estate-demo-'));
let running;
let stoppedBy;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stoppedBy = signal;
    running?.kill(signal);
  });
}

/** Runs one command of the CLI to its end; resolves to its exit status. */
function estate(args) {
  const env = { ...process.env, INIT_CWD: root, ESTATE_DATA_DIR: dataDir };
  delete env.EVENTSTORE_URL; // the demo must not write into anybody's production stores
  delete env.MONGODB_URL;
  return new Promise((resolve, reject) => {
    running = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    running.once('error', reject);
    running.once('exit', (code) => resolve(code ?? 1));
  });
}

try {
  for (const { shows, command } of steps) {
    console.log(`\n── ${shows}`);
    console.log(`   $ npm run -s estate -- ${command.join(' ')}\n`);
    const status = await estate(command);
    if (stoppedBy) break;
    if (status !== 0) {
      process.exitCode = status;
      break;
    }
  }
  if (!stoppedBy && !process.exitCode)
    console.log('\nThat was the demo; README.md shows how to go on with your own data.');
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
if (stoppedBy) process.exitCode = 128 + constants.signals[stoppedBy];
