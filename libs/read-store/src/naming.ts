/** What names a read model: blue/green keeps several versions of one name side by side. */
export interface ModelName {
  readonly name: string;
  readonly version: number;
}

/** The live set has no mark; a rebuild folds into a set of its own beside it (`ledger.v1.rebuild-3f9c`). */
export const LIVE_SET = '';

const NAME = /^[a-z][a-z0-9-]{0,40}$/;
const SET = /^(?:|[a-z][a-z0-9-]{0,40})$/;

/** `<name>.v<version>`, with the set's mark behind it. Programs, not people, choose these: a bad one is a mistake in code. */
export function collectionName(model: ModelName, set: string = LIVE_SET): string {
  if (!NAME.test(model.name) || !Number.isInteger(model.version) || model.version < 1 || !SET.test(set)) {
    throw new TypeError(`Not a name of a read model: ${model.name}.v${model.version} ${set}`);
  }
  return set === LIVE_SET ? `${model.name}.v${model.version}` : `${model.name}.v${model.version}.${set}`;
}
