import { existsSync, readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { CommandRun, GlobalOptions } from './session.js';

type Loader<Options> = () => Promise<{ readonly run: CommandRun<Options> }>;

/** A command's module, and everything below it, is loaded when the command is called: `--version` and `--help` wait for nothing. */
function lazily<Options>(command: Command, load: Loader<Options>): Command {
  return command.action(async () => {
    const { runCommand } = await import('./session.js');
    const { run } = await load();
    const options = command.optsWithGlobals<Options & GlobalOptions>();
    await runCommand(options, (session) => run(session, command.args, options));
  });
}

function leaf(parent: Command, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option('--json', 'one JSON document on stdout, and nothing else there');
}

function addImports(program: Command): void {
  const imported = program.command('import').description('facts from elsewhere');
  const history = leaf(
    imported,
    'history <file>',
    'a journal of receivables (docs/import-history.md); the same file again changes nothing',
  )
    .requiredOption('--community <id>', 'opened if it is not known')
    .option('--currency <code>', 'of a community that is opened (default: CNY)')
    .option('--dry-run', 'check and count, store nothing');
  lazily(history, () => import('./commands/import-history.js'));
  const cases = leaf(
    imported,
    'cases <file>',
    'a help-desk log (docs/import-cases.md); the same file again changes nothing',
  )
    .requiredOption('--community <id>', 'opened if it is not known')
    .option('--dry-run', 'check and count, store nothing');
  lazily(cases, () => import('./commands/import-cases.js'));
}

function addReports(program: Command): void {
  const report = program
    .command('report')
    .description('what the read models say, caught up to the present end of the store');
  const aging = leaf(report, 'aging', 'outstanding amounts by age as of a date')
    .requiredOption('--community <id>')
    .requiredOption('--as-of <date>', 'YYYY-MM-DD, included')
    .option('--known-at <instant>', 'only what was recorded by then; a plain date means the end of that day')
    .option('--at <position>', 'as it was when everything up to this position, and nothing else, was folded');
  lazily(aging, () => import('./commands/report-aging.js'));
  const ledger = leaf(report, 'ledger', "one account's ledger with its running balance")
    .requiredOption('--community <id>')
    .requiredOption('--account <id>')
    .option('--as-of <date>', 'YYYY-MM-DD, included')
    .option('--known-at <instant>', 'only what was recorded by then; a plain date means the end of that day')
    .option('--at <position>', 'as it was when everything up to this position, and nothing else, was folded');
  lazily(ledger, () => import('./commands/report-ledger.js'));
  const service = leaf(report, 'service', 'cases opened in a period: states, resolution, milestones, response times')
    .requiredOption('--community <id>')
    .requiredOption('--from <date>', 'YYYY-MM-DD, included')
    .requiredOption('--to <date>', 'YYYY-MM-DD, included')
    .option('--as-of <instant>', 'what happened later does not count; a plain date means the end of that day')
    .option('--by <dimension>', 'also by team, agent, kind, severity or month')
    .option('--at <position>', 'as it was when everything up to this position, and nothing else, was folded');
  lazily(service, () => import('./commands/report-service.js'));
  const cases = leaf(report, 'cases', 'the queue of cases, by the clock that ends next')
    .requiredOption('--community <id>')
    .option('--state <state>', 'open, resolved, closed, rejected, withdrawn or duplicate')
    .option('--breached', 'only cases with a breached milestone')
    .option('--at <position>', 'as it was when everything up to this position, and nothing else, was folded');
  lazily(cases, () => import('./commands/report-cases.js'));
  const audit = leaf(
    report,
    'audit',
    'every event, with who and when, after its hash chain was recomputed from the store',
  )
    .requiredOption('--community <id>')
    .option('--account <id>')
    .option('--case <id>', 'instead of an account')
    .option('--at <position>', 'as it was when everything up to this position, and nothing else, was folded');
  lazily(audit, () => import('./commands/report-audit.js'));
}

function addClocks(program: Command): void {
  const clocks = program.command('clocks').description('what the time does to cases');
  const run = leaf(clocks, 'run', 'records the breaches that are due, and projects provisional deadlines again')
    .option('--community <id>', "only this community's cases")
    .option('--at <instant>', 'as if it were then; not later than now (default: now)')
    .option('--published-days <file>', 'working days `date,day` of a year that the calendar does not have yet');
  lazily(run, () => import('./commands/run-clocks.js'));
}

function addAuditing(program: Command): void {
  const replay = leaf(program, 'replay', 'the state of an account or a case after each of its events')
    .requiredOption('--community <id>')
    .option('--account <id>')
    .option('--case <id>', 'instead of an account')
    .option('--until <position>', 'the last event to replay, by its position');
  lazily(replay, () => import('./commands/replay.js'));
  const exported = program.command('export').description('the store, to be checked elsewhere');
  const events = leaf(exported, 'events', 'all events of a community in their stored form, one a line')
    .requiredOption('--community <id>')
    .option('--out <file>', 'instead of stdout');
  lazily(events, () => import('./commands/export-events.js'));
  const verify = leaf(
    program,
    'verify',
    'rebuilds every read model beside the live one, recomputes every chain, and compares',
  );
  lazily(verify, () => import('./commands/verify.js'));
}

function addReadModels(program: Command): void {
  const group = program.command('projections').description('read models: their builds, and which of them answers');
  const list = leaf(group, 'list', 'every read model with its builds, how far each is, and which of them answers');
  lazily(list, () => import('./commands/projections-list.js'));
  const status = leaf(group, 'status [name]', 'the same of one read model, with the work under way');
  lazily(status, () => import('./commands/projections-list.js'));
  const work = () => import('./commands/projections-work.js');
  const rebuild = leaf(
    group,
    'rebuild <name>',
    'folds a new build beside the live one; stopped, it goes on from there',
  );
  lazily(rebuild, async () => ({ run: (await work()).rebuild }));
  const compare = leaf(
    group,
    'compare <name>',
    'the new build with the live one, document by document, at one position',
  );
  lazily(compare, async () => ({ run: (await work()).compare }));
  const switchTo = leaf(
    group,
    'switch <name>',
    'lets the new build answer, if it is as the live one but for what it declares',
  ).option('--accept <reason>', 'in spite of other differences or parked events; the audit trail keeps the reason');
  lazily(switchTo, async () => ({ run: (await work()).switchTo }));
  const rollback = leaf(group, 'rollback <name>', 'lets the build before answer again');
  lazily(rollback, async () => ({ run: (await work()).rollback }));
  const drop = leaf(group, 'drop <name>', 'forgets the builds that do not answer').option(
    '--build <build>',
    'only this one, as in 1 or 2.r2',
  );
  lazily(drop, async () => ({ run: (await work()).drop }));
}

function addParked(program: Command): void {
  const group = program
    .command('parked')
    .description('events that a read model could not fold, and what waits behind them');
  const commands = () => import('./commands/parked.js');
  lazily(leaf(group, 'list', 'what has failed, and how much waits'), async () => ({ run: (await commands()).list }));
  lazily(leaf(group, 'show <id>', 'one of them, with cause and stack'), async () => ({ run: (await commands()).show }));
  const retry = leaf(group, 'retry [id]', 'folds what waits, in order').option('--all', 'of every sequence');
  lazily(retry, async () => ({ run: (await commands()).retry }));
  const discard = leaf(group, 'discard <id>', 'leaves an event out of its sequence').requiredOption(
    '--reason <text>',
    'the audit trail keeps it: at most 128 characters, no personal data',
  );
  lazily(discard, async () => ({ run: (await commands()).discard }));
}

function addBackups(program: Command): void {
  const backup = leaf(
    program,
    'backup <dir>',
    'copies the standalone data folder (events and vault), also while it is in use',
  );
  lazily(backup, () => import('./commands/backup.js'));
  const restore = leaf(program, 'restore <dir>', 'fills a new data folder from a backup and rebuilds the read models');
  lazily(restore, () => import('./commands/restore.js'));
}

function addTokens(program: Command): void {
  const token = leaf(
    program,
    'token',
    "a bearer token for the API of standalone mode, signed with the data folder's own key",
  )
    .requiredOption('--role <role>', 'what its bearer does, as in cashier')
    .requiredOption('--community <id...>', 'the communities that it opens')
    .option('--subject <id>', 'who it is, in the audit trail (default: the role)')
    .option('--account <id...>', 'accounts of an owner or a tenant')
    .option('--hours <number>', 'how long it is valid', '12');
  lazily(token, () => import('./commands/token.js'));
}

/** From the project's package.json, above dist when built and above apps when run from the sources. */
function version(): string {
  const above = ['../../../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url));
  const manifest = above.find((file) => existsSync(file));
  return manifest === undefined
    ? 'unknown'
    : (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/** The `estate` program. */
export function createProgram(): Command {
  const program = new Command('estate')
    .description('Event-sourced ledger of property fees: import, reports, audit.')
    .version(version())
    .option('--data <dir>', 'data folder of standalone mode (default: ESTATE_DATA_DIR, else data/ in the project)')
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  addImports(program);
  addReports(program);
  addClocks(program);
  addAuditing(program);
  addReadModels(program);
  addParked(program);
  addBackups(program);
  addTokens(program);
  for (const command of withSubcommands(program)) command.copyInheritedSettings(program);
  return program;
}

function withSubcommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...withSubcommands(child)]);
}

/** Runs one call; sets the exit status: 0, 1 (failed), 2 (bad input). */
export async function runCli(args: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    // `estate` alone, or a group of commands alone: commander has shown the help on stderr.
    if (error.code !== 'commander.help')
      process.stderr.write(`estate: USAGE_INVALID: ${error.message.replace(/^error: /, '')}\n`);
    process.exitCode = 2;
  }
}
