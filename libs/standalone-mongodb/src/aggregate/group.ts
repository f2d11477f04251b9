import { Doc, Field } from '../bson/document.js';
import { memoryOf, MemoryLimit } from '../bson/memory.js';
import type { Maybe, Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { keyText } from '../query/tests.js';
import { accumulators, type Accumulator, type CompiledAccumulator } from './accumulators.js';
import { compileExpression, type Expression, type Variables } from './expression.js';
import type { Stage, StageContext } from './stage.js';

interface Output extends CompiledAccumulator {
  readonly name: string;
  /** The accumulator holds all that it is given. */
  readonly holdsAll: boolean;
}

const HOLDING_ALL = ['$push', '$addToSet', '$mergeObjects', '$concatArrays', '$setUnion'];
const GROUP_BYTES = 200;

interface Group {
  readonly id: Maybe;
  readonly states: readonly Accumulator[];
}

/** `$group`: numbers of different types with the same value are one group; a missing id is null. */
export function groupStage(spec: Value, context: StageContext, keyOf?: (doc: Doc) => Maybe): Stage {
  if (!(spec instanceof Doc)) return failAt(15947, "a group's fields must be specified in an object");
  const id = spec.get('_id');
  if (id === undefined) return failAt(15955, 'a group specification must include an _id');
  const idOf = keyOf ?? compileExpression(id);
  const outputs = spec.fields.filter((field) => field.name !== '_id').map(compileOutput);
  return function* (input) {
    const groups = new Map<string, Group>();
    const memory = new MemoryLimit(
      'Exceeded memory limit of 104857600 bytes for $group; standalone mode does not group on disk.',
    );
    for (const doc of input) {
      if (doc === null) {
        yield null;
        continue;
      }
      const value = idOf(doc, context.variables);
      const key = value === undefined || value === null ? '' : keyText(value);
      let group = groups.get(key);
      if (group === undefined) {
        const variables = context.variables;
        const evaluate = (expression: Expression) => expression(value instanceof Doc ? value : Doc.EMPTY, variables);
        group = { id: value, states: outputs.map((output) => output.make(evaluate)) };
        groups.set(key, group);
        memory.add(GROUP_BYTES * (1 + outputs.length) + memoryOf(value) + key.length);
      }
      for (let i = 0; i < outputs.length; i += 1) {
        const output = outputs[i] as Output;
        const argument = output.argument(doc, context.variables);
        if (output.holdsAll) memory.add(memoryOf(argument));
        (group.states[i] as Accumulator).add(argument);
      }
    }
    for (const group of groups.values()) yield groupDocument(group, outputs);
  };
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
  return { name, holdsAll: HOLDING_ALL.includes(operator.name), ...compile(operator.value, operator.name) };
}

/** One group's document of given documents. */
export function collect(id: Value, docs: readonly Doc[], outputs: readonly Output[], variables: Variables): Doc {
  const states = outputs.map((output) => output.make((expression) => expression(Doc.EMPTY, variables)));
  for (const doc of docs) {
    for (const [i, output] of outputs.entries()) states[i]?.add(output.argument(doc, variables));
  }
  return groupDocument({ id, states }, outputs);
}

function groupDocument(group: Group, outputs: readonly Output[]): Doc {
  const fields = [Field.of('_id', group.id ?? null)];
  outputs.forEach((output, i) => {
    const value = group.states[i]?.result();
    if (value !== undefined) fields.push(Field.of(output.name, value));
  });
  return Doc.of(fields);
}
