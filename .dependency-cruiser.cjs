const contexts = 'portfolio|receivables|collections|tariffs|service-desk';
const standalone = 'standalone-eventstoredb|standalone-mongodb';

/** The architecture as rules; `npm test` runs them. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'a-lib-is-entered-by-its-index',
      comment: 'nest.ts is the second door, for Nest applications: commands, handlers, module',
      severity: 'error',
      from: { path: '^(apps|projections|libs/([^/]+)|test/)' },
      to: { path: '^libs/[^/]+/src/.+', pathNot: ['^libs/[^/]+/src/(index|nest)\\.ts$', '^libs/$2/'] },
    },
    {
      name: 'only-nest-doors-lead-to-nest',
      comment:
        'what a program without Nest imports must not load it: that costs each call of the CLI a third of a second',
      severity: 'error',
      from: { path: ['^libs/[^/]+/src/index\\.ts$', '^projections/', '^apps/cli/'] },
      to: { path: 'node_modules/(@nestjs|class-validator|class-transformer)/', reachable: true },
    },
    {
      name: 'a-context-does-not-import-another-context',
      severity: 'error',
      from: { path: `^libs/(${contexts})/` },
      to: { path: `^libs/(${contexts})/`, pathNot: '^libs/$1/' },
    },
    {
      name: 'domain-imports-only-itself-and-kernel',
      severity: 'error',
      from: { path: '^libs/([^/]+)/src/domain/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^libs/$1/src/domain/', '^libs/kernel/src/index\\.ts$'] },
    },
    {
      name: 'kernel-imports-nothing-of-the-project',
      severity: 'error',
      from: { path: '^libs/kernel/' },
      to: { path: '^(apps|libs|projections)/', pathNot: '^libs/kernel/' },
    },
    {
      name: 'the-standalone-servers-import-nothing-of-the-project',
      severity: 'error',
      from: { path: `^libs/(${standalone})/` },
      to: { path: '^(apps|libs|projections)/', pathNot: '^libs/$1/' },
    },
    {
      name: 'libs-import-neither-apps-nor-projections',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|projections)/' },
    },
    {
      name: 'projections-do-not-import-apps',
      severity: 'error',
      from: { path: '^projections/' },
      to: { path: '^apps/' },
    },
    {
      name: 'only-the-store-libs-know-the-database-clients',
      severity: 'error',
      from: {
        path: '^(apps|libs|projections)/',
        pathNot: [
          '^libs/(event-store|read-store|runtime|projection-engine|standalone-[a-z]+)/',
          '\\.spec\\.ts$',
          '^projections/.+\\.reader\\.ts$',
        ],
      },
      to: { path: 'node_modules/(@eventstore/db-client|mongodb)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
      mainFields: ['module', 'main'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
  },
};
