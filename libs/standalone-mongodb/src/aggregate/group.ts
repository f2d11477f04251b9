import { Doc, Field } from '../bson/document.js';
import { memoryOf } from '../bson/memory.js';
import type { Maybe, Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { keyText } from '../query/tests.js';
import { IN_MEMORY, type WorkSpace } from '../storage/work-space.js';
import { accumulators, type Accumulator, type CompiledAccumulator } from './accumulators.js';
import { compileExpression, type Expression, type Variables } from './expression.js';
import { Partitions } from './partitions.js';
import type { Stage, StageContext, Stream } from './stage.js';

interface Output extends CompiledAccumulator {
  readonly name: string;
  readonly operator: string;
  /** The accumulator holds all that it is given. */
  readonly holdsAll: boolean;
}

const HOLDING_ALL = ['$push', '$addToSet', '$mergeObjects', '$concatArrays', '$setUnion'];
const GROUP_BYTES = 200;

interface Group {
  readonly id: Maybe;
  readonly states: readonly Accumulator[];
  /** What its accumulators that hold all they are given hold. */
  held: number;
}

/** `$group`: numbers of different types with the same value are one group; a missing id is null. */
export function groupStage(spec: Value, context: StageContext, keyOf?: (doc: Doc) => Maybe): Stage {
  if (!(spec instanceof Doc)) return failAt(15947, "a group's fields must be specified in an object");
  const id = spec.get('_id');
  if (id === undefined) return failAt(15955, 'a group specification must include an _id');
  const idOf = keyOf ?? compileExpression(id);
  const outputs = spec.fields.filter((field) => field.name !== '_id').map(compileOutput);
  const grouping: Grouping = { idOf, outputs, variables: context.variables, space: context.space ?? IN_MEMORY };
  return (input) => grouped(input, grouping, 0);
}

interface Grouping {
  readonly idOf: (doc: Doc, variables: Variables) => Maybe;
  readonly outputs: readonly Output[];
  readonly variables: Variables;
  readonly space: WorkSpace;
}

/** Beyond its limit it begins no more groups: documents of others are put aside and grouped afterwards, part by part. */
function* grouped(input: Stream, grouping: Grouping, depth: number): Generator<Doc | null> {
  const { idOf, outputs, variables, space } = grouping;
  const groups = new Groups(outputs, variables);
  let aside: Partitions | undefined;
  try {
    for (const doc of input) {
      if (doc === null) {
        yield null;
        continue;
      }
      const id = idOf(doc, variables);
      const key = id === undefined || id === null ? '' : keyText(id);
      if (aside !== undefined && !groups.has(key)) {
        aside.add(key, doc);
        continue;
      }
      groups.add(key, id, doc);
      if (groups.bytes > space.groupBytes) aside ??= asideOf(space, depth);
      if (groups.bytes > MOST_HELD * space.groupBytes) tooLarge();
    }
    yield* groups.documents();
    for (const part of aside?.parts() ?? []) yield* grouped(part, grouping, depth + 1);
  } finally {
    aside?.close();
  }
}

/** What one group may hold, on disk or not. */
const MOST_OF_A_GROUP = 100 * 1024 * 1024;
/** What groups that have begun may grow to, times the limit. */
const MOST_HELD = 2;
const MAX_DEPTH = 8;

function tooLarge(): never {
  return fail(
    'ExceededMemoryLimit',
    'standalone mode holds the groups of $group in memory until they are whole: these are too large',
  );
}

function asideOf({ folder, groupBytes }: WorkSpace, depth: number): Partitions {
  if (folder === undefined) {
    const message =
      "Exceeded memory limit for $group, but didn't allow external spilling; pass allowDiskUse:true to opt in";
    fail('QueryExceededMemoryLimitNoDiskUseAllowed', message);
  }
  if (depth > MAX_DEPTH) fail('ExceededMemoryLimit', `$group cannot be cut into parts of ${groupBytes} bytes`);
  return new Partitions(folder, depth);
}

/** The groups that are held in memory. */
class Groups {
  readonly #groups = new Map<string, Group>();
  bytes = 0;

  constructor(
    private readonly outputs: readonly Output[],
    private readonly variables: Variables,
  ) {}

  has(key: string): boolean {
    return this.#groups.has(key);
  }

  add(key: string, id: Maybe, doc: Doc): void {
    const { outputs, variables } = this;
    const group = this.#groups.get(key) ?? this.#begin(key, id);
    for (let i = 0; i < outputs.length; i += 1) {
      const output = outputs[i] as Output;
      const argument = output.argument(doc, variables);
      if (output.holdsAll) this.#hold(group, output, memoryOf(argument));
      (group.states[i] as Accumulator).add(argument);
    }
  }

  #hold(group: Group, { operator }: Output, bytes: number): void {
    this.bytes += bytes;
    group.held += bytes;
    if (group.held <= MOST_OF_A_GROUP) return;
    const limit = `Memory limit: ${MOST_OF_A_GROUP} bytes`;
    fail('ExceededMemoryLimit', `${operator} used too much memory and cannot spill to disk. ${limit}`);
  }

  #begin(key: string, id: Maybe): Group {
    const { outputs, variables } = this;
    const evaluate = (expression: Expression) => expression(id instanceof Doc ? id : Doc.EMPTY, variables);
    const group = { id, states: outputs.map((output) => output.make(evaluate)), held: 0 };
    this.#groups.set(key, group);
    this.bytes += GROUP_BYTES * (1 + outputs.length) + memoryOf(id) + key.length;
    return group;
  }

  /** Their documents; each group is let go of. */
  *documents(): Generator<Doc> {
    for (const [key, group] of this.#groups) {
      yield groupDocument(group, this.outputs);
      this.#groups.delete(key);
    }
  }
}

export function compileOutput(field: Field): Output {
  const { name, value } = field;
  if (name.includes('.')) failAt(40235, `The field name '${name}' cannot contain '.'`);
  if (name.startsWith('$')) failAt(40236, `The field name '${name}' cannot be an operator name`);
  if (!(value instanceof Doc) || value.fields.length === 0) {
    return failAt(40234, `The field '${name}' must be an accumulator object`);
  }
  if (value.fields.length > 1) failAt(40238, `The field '${name}' must specify one accumulator`);
  const operator = value.fields[0] as Field;
  const compile = accumulators.get(operator.name);
  if (compile === undefined) return failAt(15952, `unknown group operator '${operator.name}'`);
  return {
    name,
    operator: operator.name,
    holdsAll: HOLDING_ALL.includes(operator.name),
    ...compile(operator.value, operator.name),
  };
}

/** One group's document of given documents. */
export function collect(id: Value, docs: readonly Doc[], outputs: readonly Output[], variables: Variables): Doc {
  const states = outputs.map((output) => output.make((expression) => expression(Doc.EMPTY, variables)));
  for (const doc of docs) {
    for (const [i, output] of outputs.entries()) states[i]?.add(output.argument(doc, variables));
  }
  return groupDocument({ id, states, held: 0 }, outputs);
}

function groupDocument(group: Group, outputs: readonly Output[]): Doc {
  const fields = [Field.of('_id', group.id ?? null)];
  outputs.forEach((output, i) => {
    const value = group.states[i]?.result();
    if (value !== undefined) fields.push(Field.of(output.name, value));
  });
  return Doc.of(fields);
}
